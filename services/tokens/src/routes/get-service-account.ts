/** `GET /v1/organizations/:org/service-accounts/:service_account`. */
import { GetServiceAccount } from '@gatehouse/contracts/http/tokens/service-accounts'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { getServiceAccount } from '../use-cases/get-service-account.ts'

export function registerGetServiceAccount(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, GetServiceAccount, ({ caller, params }) => getServiceAccount(deps, caller, params.service_account))
}
