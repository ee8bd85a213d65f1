/** GET /v1/organizations/:org/roles/:role */
import { GetRole } from '@gatehouse/contracts/http/authz/roles'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { getRole } from '../use-cases/roles/get-role.ts'
import { sendVersion } from './version-tag.ts'

export const registerGetRole = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, GetRole, async ({ caller, params, reply }) => {
    const { role, version } = await getRole(deps, caller, params.role)
    sendVersion(reply, version)
    return role
  })
