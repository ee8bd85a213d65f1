/** `GET /v1/organizations/:org/service-accounts/:service_account/keys`. */
import { ListApiKeys } from '@gatehouse/contracts/http/tokens/service-accounts'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { listApiKeys } from '../use-cases/list-api-keys.ts'

export function registerListApiKeys(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, ListApiKeys, ({ caller, params, query }) =>
    listApiKeys(deps, caller, {
      serviceAccountId: params.service_account,
      limit: query.limit ?? 50,
      cursor: query.cursor,
    }),
  )
}
