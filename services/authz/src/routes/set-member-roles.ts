/** PUT /v1/organizations/:org/members/:user/roles */
import { SetMemberRoles } from '@gatehouse/contracts/http/authz/roles'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { setMemberRoles } from '../use-cases/assignments/member-roles.ts'

export const registerSetMemberRoles = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, SetMemberRoles, ({ caller, params, body }) =>
    setMemberRoles(deps, caller, { userId: params.user, roles: body.roles }),
  )
