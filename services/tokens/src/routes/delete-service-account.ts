/** `DELETE /v1/organizations/:org/service-accounts/:service_account`. */
import { DeleteServiceAccount } from '@gatehouse/contracts/http/tokens/service-accounts'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { deleteServiceAccount } from '../use-cases/delete-service-account.ts'

export function registerDeleteServiceAccount(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, DeleteServiceAccount, ({ caller, params }) =>
    deleteServiceAccount(deps, caller, params.service_account),
  )
}
