/** Registration, proof of an address, and the signed-in person. */
import { registrationHeader } from '@gatehouse/contracts/common/services'
import { GetMe, Register, ResendVerification, UpdateMe, VerifyEmail } from '@gatehouse/contracts/http/identity/account'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { getMe } from '../use-cases/account/get-me.ts'
import { register } from '../use-cases/account/register.ts'
import { resendVerification } from '../use-cases/account/resend-verification.ts'
import { updateMe } from '../use-cases/account/update-me.ts'
import { verifyEmail } from '../use-cases/account/verify-email.ts'
import { headerOf, requesterOf } from './requester.ts'

export function accountRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, Register, async ({ body, request, reply }) => {
    const { handle } = await register(deps, body, requesterOf(request))
    void reply.header(registrationHeader, handle)
    return { status: 'accepted' as const }
  })
  bindRoute(app, VerifyEmail, async ({ body, request }) => {
    const { token, password, name } = body
    const handle = headerOf(request, registrationHeader)
    await verifyEmail(deps, { token, password, name, handle }, requesterOf(request))
    return { status: 'verified' as const }
  })
  bindRoute(app, ResendVerification, async ({ body, request }) => {
    await resendVerification(deps, { ...body, handle: headerOf(request, registrationHeader) })
    return { status: 'accepted' as const }
  })
  bindRoute(app, GetMe, ({ caller }) => getMe(deps, caller), { ahead: { answer: (caller) => getMe(deps, caller) } })
  bindRoute(app, UpdateMe, ({ caller, body }) => {
    const { name, locale, picture_url: pictureUrl, time_zone: timeZone } = body
    return updateMe(deps, caller, { name, locale, pictureUrl, timeZone })
  })
}
