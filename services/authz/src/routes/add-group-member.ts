/** PUT /v1/organizations/:org/groups/:group/members/:user */
import { AddGroupMember } from '@gatehouse/contracts/http/authz/groups'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { addGroupMember } from '../use-cases/assignments/group-members.ts'

export const registerAddGroupMember = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, AddGroupMember, ({ caller, params }) =>
    addGroupMember(deps, caller, { groupId: params.group, userId: params.user }),
  )
