/** `PATCH /v1/organizations/:org/service-accounts/:service_account`. */
import { UpdateServiceAccount } from '@gatehouse/contracts/http/tokens/service-accounts'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { updateServiceAccount } from '../use-cases/update-service-account.ts'

export function registerUpdateServiceAccount(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, UpdateServiceAccount, ({ caller, params, body }) =>
    updateServiceAccount(deps, caller, { id: params.service_account, name: body.name, status: body.status }),
  )
}
