/** PUT /v1/organizations/:org/service-accounts/:service_account/roles */
import { SetServiceAccountRoles } from '@gatehouse/contracts/http/authz/service-account-roles'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { setServiceAccountRoles } from '../use-cases/assignments/service-account-roles.ts'

export const registerSetServiceAccountRoles = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, SetServiceAccountRoles, ({ caller, params, body }) =>
    setServiceAccountRoles(deps, caller, { id: params.service_account, roles: body.roles }),
  )
