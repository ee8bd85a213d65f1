/** PUT /v1/organizations/:org/groups/:group */
import { UpdateGroup } from '@gatehouse/contracts/http/authz/groups'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { updateGroup } from '../use-cases/assignments/groups.ts'
import { expectedVersion, sendVersion } from './version-tag.ts'

export const registerUpdateGroup = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, UpdateGroup, async ({ caller, params, body, request, reply }) => {
    const { group, version } = await updateGroup(deps, caller, {
      groupId: params.group,
      name: body.name,
      isExpected: expectedVersion(request),
    })
    sendVersion(reply, version)
    return group
  })
