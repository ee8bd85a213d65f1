/** GET /v1/organizations/:org/service-accounts/:service_account/roles */
import { GetServiceAccountRoles } from '@gatehouse/contracts/http/authz/service-account-roles'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { getServiceAccountRoles } from '../use-cases/assignments/service-account-roles.ts'

export const registerGetServiceAccountRoles = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, GetServiceAccountRoles, ({ caller, params }) =>
    getServiceAccountRoles(deps, caller, params.service_account),
  )
