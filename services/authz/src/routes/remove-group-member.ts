/** DELETE /v1/organizations/:org/groups/:group/members/:user */
import { RemoveGroupMember } from '@gatehouse/contracts/http/authz/groups'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { removeGroupMember } from '../use-cases/assignments/group-members.ts'

export const registerRemoveGroupMember = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, RemoveGroupMember, ({ caller, params }) =>
    removeGroupMember(deps, caller, { groupId: params.group, userId: params.user }),
  )
