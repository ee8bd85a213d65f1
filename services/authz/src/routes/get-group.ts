/** GET /v1/organizations/:org/groups/:group */
import { GetGroup } from '@gatehouse/contracts/http/authz/groups'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { getGroup } from '../use-cases/assignments/groups.ts'
import { sendVersion } from './version-tag.ts'

export const registerGetGroup = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, GetGroup, async ({ caller, params, reply }) => {
    const { group, version } = await getGroup(deps, caller, params.group)
    sendVersion(reply, version)
    return group
  })
