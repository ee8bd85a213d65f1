/** What people allowed applications, as they see and revoke it. */
import { ListMyConsents, RevokeMyConsent } from '@gatehouse/contracts/http/tokens/consents'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { listConsents } from '../use-cases/consents/list-consents.ts'
import { revokeConsent } from '../use-cases/consents/revoke-consent.ts'

export function consentsRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, ListMyConsents, ({ caller, query }) =>
    listConsents(deps, caller, { limit: query.limit ?? 50, cursor: query.cursor }),
  )
  bindRoute(app, RevokeMyConsent, ({ caller, params }) => revokeConsent(deps, caller, params.consent))
}
