/** Roles of an organization, and the roles of its members. */
import {
  CreateRole,
  DeleteRole,
  GetMemberRoles,
  GetRole,
  ListRoleVersions,
  ListRoles,
  SetMemberRoles,
  UpdateRole,
} from '@gatehouse/contracts/http/authz/roles'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { getMemberRoles } from '../use-cases/assignments/get-member-roles.ts'
import { setMemberRoles } from '../use-cases/assignments/set-member-roles.ts'
import { createRole } from '../use-cases/roles/create-role.ts'
import { deleteRole } from '../use-cases/roles/delete-role.ts'
import { getRole } from '../use-cases/roles/get-role.ts'
import { listRoleVersions } from '../use-cases/roles/list-role-versions.ts'
import { listRoles } from '../use-cases/roles/list-roles.ts'
import { updateRole } from '../use-cases/roles/update-role.ts'
import { expectedVersion, sendVersion } from '@gatehouse/service-kit/http/version-tag'

export function rolesRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, ListRoles, ({ caller, query }) => listRoles(deps, caller, query))
  bindRoute(app, CreateRole, async ({ caller, body, reply }) => {
    const { role, version } = await createRole(deps, caller, body)
    sendVersion(reply, version)
    return role
  })
  bindRoute(app, GetRole, async ({ caller, params, reply }) => {
    const { role, version } = await getRole(deps, caller, params.role)
    sendVersion(reply, version)
    return role
  })
  bindRoute(app, UpdateRole, async ({ caller, params, body, request, reply }) => {
    const { role, version } = await updateRole(deps, caller, {
      ...body,
      roleId: params.role,
      isExpected: expectedVersion(request),
    })
    sendVersion(reply, version)
    return role
  })
  bindRoute(app, DeleteRole, ({ caller, params, request }) =>
    deleteRole(deps, caller, { roleId: params.role, isExpected: expectedVersion(request) }),
  )
  bindRoute(app, ListRoleVersions, ({ caller, params, query }) =>
    listRoleVersions(deps, caller, { roleId: params.role, limit: query.limit ?? 50, cursor: query.cursor }),
  )
  bindRoute(app, GetMemberRoles, ({ caller, params }) => getMemberRoles(deps, caller, params.user))
  bindRoute(app, SetMemberRoles, ({ caller, params, body }) =>
    setMemberRoles(deps, caller, { userId: params.user, roles: body.roles }),
  )
}
