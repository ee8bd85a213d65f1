/** DELETE /v1/organizations/:org/groups/:group */
import { DeleteGroup } from '@gatehouse/contracts/http/authz/groups'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { deleteGroup } from '../use-cases/assignments/groups.ts'
import { expectedVersion } from './version-tag.ts'

export const registerDeleteGroup = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, DeleteGroup, ({ caller, params, request }) =>
    deleteGroup(deps, caller, { groupId: params.group, isExpected: expectedVersion(request) }),
  )
