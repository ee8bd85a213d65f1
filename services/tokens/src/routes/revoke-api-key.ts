/** `DELETE /v1/organizations/:org/service-accounts/:service_account/keys/:key`. */
import { RevokeApiKey } from '@gatehouse/contracts/http/tokens/service-accounts'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { revokeApiKey } from '../use-cases/revoke-api-key.ts'

export function registerRevokeApiKey(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, RevokeApiKey, ({ caller, params }) =>
    revokeApiKey(deps, caller, { id: params.key, serviceAccountId: params.service_account }),
  )
}
