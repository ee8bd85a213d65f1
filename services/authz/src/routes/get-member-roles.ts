/** GET /v1/organizations/:org/members/:user/roles */
import { GetMemberRoles } from '@gatehouse/contracts/http/authz/roles'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { getMemberRoles } from '../use-cases/assignments/member-roles.ts'

export const registerGetMemberRoles = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, GetMemberRoles, ({ caller, params }) => getMemberRoles(deps, caller, params.user))
