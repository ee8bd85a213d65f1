/** POST /v1/organizations/:org/groups */
import { CreateGroup } from '@gatehouse/contracts/http/authz/groups'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { createGroup } from '../use-cases/assignments/groups.ts'
import { sendVersion } from './version-tag.ts'

export const registerCreateGroup = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, CreateGroup, async ({ caller, body, reply }) => {
    const { group, version } = await createGroup(deps, caller, body)
    sendVersion(reply, version)
    return group
  })
