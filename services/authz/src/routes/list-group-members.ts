/** GET /v1/organizations/:org/groups/:group/members */
import { ListGroupMembers } from '@gatehouse/contracts/http/authz/groups'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { listGroupMembers } from '../use-cases/assignments/group-members.ts'

export const registerListGroupMembers = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, ListGroupMembers, ({ caller, params, query }) =>
    listGroupMembers(deps, caller, { ...query, groupId: params.group }),
  )
