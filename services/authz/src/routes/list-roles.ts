/** GET /v1/organizations/:org/roles */
import { ListRoles } from '@gatehouse/contracts/http/authz/roles'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { listRoles } from '../use-cases/roles/list-roles.ts'

export const registerListRoles = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, ListRoles, ({ caller, query }) => listRoles(deps, caller, query))
