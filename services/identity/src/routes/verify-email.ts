/** `POST /v1/auth/verify-email` */
import { VerifyEmail } from '@gatehouse/contracts/http/identity/account'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { verifyEmail } from '../use-cases/verify-email.ts'

export function registerVerifyEmail(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, VerifyEmail, async ({ body }) => {
    await verifyEmail(deps, body)
    return { status: 'verified' as const }
  })
}
