/** DELETE /v1/organizations/:org/roles/:role */
import { DeleteRole } from '@gatehouse/contracts/http/authz/roles'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { deleteRole } from '../use-cases/roles/delete-role.ts'
import { expectedVersion } from './version-tag.ts'

export const registerDeleteRole = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, DeleteRole, ({ caller, params, request }) =>
    deleteRole(deps, caller, { roleId: params.role, isExpected: expectedVersion(request) }),
  )
