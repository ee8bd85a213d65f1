/** `POST /v1/auth/verify-email/resend` */
import { ResendVerification } from '@gatehouse/contracts/http/identity/account'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { resendVerification } from '../use-cases/resend-verification.ts'

export function registerResendVerification(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, ResendVerification, async ({ body }) => {
    await resendVerification(deps, body)
    return { status: 'accepted' as const }
  })
}
