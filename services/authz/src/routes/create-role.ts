/** POST /v1/organizations/:org/roles */
import { CreateRole } from '@gatehouse/contracts/http/authz/roles'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { createRole } from '../use-cases/roles/create-role.ts'
import { sendVersion } from './version-tag.ts'

export const registerCreateRole = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, CreateRole, async ({ caller, body, reply }) => {
    const { role, version } = await createRole(deps, caller, body)
    sendVersion(reply, version)
    return role
  })
