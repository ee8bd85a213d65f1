/** `POST /v1/organizations/:org/service-accounts`. */
import { CreateServiceAccount } from '@gatehouse/contracts/http/tokens/service-accounts'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { createServiceAccount } from '../use-cases/create-service-account.ts'

export function registerCreateServiceAccount(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, CreateServiceAccount, ({ caller, body }) => createServiceAccount(deps, caller, body))
}
