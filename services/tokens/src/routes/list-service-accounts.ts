/** `GET /v1/organizations/:org/service-accounts`. */
import { ListServiceAccounts } from '@gatehouse/contracts/http/tokens/service-accounts'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { listServiceAccounts } from '../use-cases/get-service-account.ts'

export function registerListServiceAccounts(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, ListServiceAccounts, ({ caller, query }) =>
    listServiceAccounts(deps, caller, { limit: query.limit ?? 50, cursor: query.cursor }),
  )
}
