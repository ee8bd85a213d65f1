/** Passwords: forgotten, set anew, changed. */
import { deviceHeader } from '@gatehouse/contracts/common/services'
import { ChangePassword, ForgotPassword, ResetPassword } from '@gatehouse/contracts/http/identity/passwords'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { changePassword } from '../use-cases/passwords/change-password.ts'
import { forgotPassword } from '../use-cases/passwords/forgot-password.ts'
import { resetPassword } from '../use-cases/passwords/reset-password.ts'
import { headerOf, requesterOf } from './requester.ts'

export function passwordRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, ForgotPassword, async ({ body, request }) => {
    await forgotPassword(deps, body, requesterOf(request))
    return { status: 'accepted' as const }
  })
  bindRoute(app, ResetPassword, ({ body, request }) => resetPassword(deps, body, requesterOf(request)))
  bindRoute(app, ChangePassword, async ({ caller, body, request, reply }) => {
    const { current_password: current, new_password: chosen } = body
    const change = { current, chosen, deviceToken: headerOf(request, deviceHeader) }
    const { deviceToken } = await changePassword(deps, caller, change, requesterOf(request))
    if (deviceToken !== undefined) void reply.header(deviceHeader, deviceToken)
  })
}
