/** `POST /internal/email-verifications/:verification/link` */
import { MintEmailVerificationLink } from '@gatehouse/contracts/http/identity/internal'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { mintVerificationLink } from '../use-cases/mint-verification-link.ts'

export function registerMintEmailVerificationLink(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, MintEmailVerificationLink, async ({ params }) => ({
    mail: (await mintVerificationLink(deps, { verificationId: params.verification })) ?? null,
  }))
}
