/** Roles of service accounts. */
import { GetServiceAccountRoles, SetServiceAccountRoles } from '@gatehouse/contracts/http/authz/service-account-roles'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { getServiceAccountRoles } from '../use-cases/assignments/get-service-account-roles.ts'
import { setServiceAccountRoles } from '../use-cases/assignments/set-service-account-roles.ts'

export function serviceAccountRolesRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, GetServiceAccountRoles, ({ caller, params }) =>
    getServiceAccountRoles(deps, caller, params.service_account),
  )
  bindRoute(app, SetServiceAccountRoles, ({ caller, params, body }) =>
    setServiceAccountRoles(deps, caller, { id: params.service_account, roles: body.roles }),
  )
}
