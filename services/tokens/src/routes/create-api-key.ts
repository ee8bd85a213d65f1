/** `POST /v1/organizations/:org/service-accounts/:service_account/keys`. */
import { CreateApiKey } from '@gatehouse/contracts/http/tokens/service-accounts'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { createApiKey } from '../use-cases/create-api-key.ts'

export function registerCreateApiKey(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, CreateApiKey, ({ caller, params, body }) =>
    createApiKey(deps, caller, {
      serviceAccountId: params.service_account,
      name: body.name,
      lifetimeDays: body.expires_in_days,
      ceiling: body.permissions,
    }),
  )
}
