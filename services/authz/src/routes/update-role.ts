/** PUT /v1/organizations/:org/roles/:role */
import { UpdateRole } from '@gatehouse/contracts/http/authz/roles'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { updateRole } from '../use-cases/roles/update-role.ts'
import { expectedVersion, sendVersion } from './version-tag.ts'

export const registerUpdateRole = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, UpdateRole, async ({ caller, params, body, request, reply }) => {
    const { role, version } = await updateRole(deps, caller, {
      ...body,
      roleId: params.role,
      isExpected: expectedVersion(request),
    })
    sendVersion(reply, version)
    return role
  })
