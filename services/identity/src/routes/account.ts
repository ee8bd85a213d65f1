/** Registration, proof of an address, and the signed-in person. */
import { GetMe, Register, ResendVerification, UpdateMe, VerifyEmail } from '@gatehouse/contracts/http/identity/account'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { getMe } from '../use-cases/account/get-me.ts'
import { register } from '../use-cases/account/register.ts'
import { resendVerification } from '../use-cases/account/resend-verification.ts'
import { updateMe } from '../use-cases/account/update-me.ts'
import { verifyEmail } from '../use-cases/account/verify-email.ts'
import { sourceOfRequest } from './source.ts'

export function accountRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, Register, async ({ body }) => {
    await register(deps, { ...body, source: sourceOfRequest() })
    return { status: 'accepted' as const }
  })
  bindRoute(app, VerifyEmail, async ({ body }) => {
    await verifyEmail(deps, body)
    return { status: 'verified' as const }
  })
  bindRoute(app, ResendVerification, async ({ body }) => {
    await resendVerification(deps, body)
    return { status: 'accepted' as const }
  })
  bindRoute(app, GetMe, ({ caller }) => getMe(deps, caller))
  bindRoute(app, UpdateMe, ({ caller, body }) => updateMe(deps, caller, body))
}
