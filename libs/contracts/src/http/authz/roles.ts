/** Roles of an organization and who holds them. */
import Type, { type Static } from 'typebox'
import { Key, OrganizationId, RoleId, UserId } from '../../common/ids.ts'
import { DisplayName } from '../../common/display-name.ts'
import { Instant } from '../../common/scalars.ts'
import { listOf, PageQuery } from '../../common/page.ts'
import { defineRoute } from '../contract.ts'
import { PageAtQuery } from './moment.ts'

/** `resource-type:action`, or with `*` as the whole action: every action not marked sensitive. */
export const PermissionKey = Type.String({
  pattern: '^[A-Za-z][A-Za-z0-9_-]{0,62}:([A-Za-z][A-Za-z0-9_.-]{0,62}|\\*)$',
  maxLength: 128,
})

export const Role = Type.Object({
  id: RoleId,
  key: Key,
  name: Type.String(),
  permissions: Type.Array(PermissionKey),
  inherits: Type.Array(Key),
  scope: Type.Union([Type.Literal('platform'), Type.Literal('organization')]),
  created_at: Instant,
})
export type Role = Static<typeof Role>

/** `valid_to` is null for the version in force. */
export const RoleVersion = Type.Object({
  ...Role.properties,
  version: Type.Integer(),
  valid_from: Instant,
  valid_to: Type.Union([Instant, Type.Null()]),
})
export type RoleVersion = Static<typeof RoleVersion>

const orgParams = Type.Object({ org: OrganizationId })
const roleParams = Type.Object({ org: OrganizationId, role: RoleId })
const writable = {
  name: DisplayName,
  permissions: Type.Array(PermissionKey, { maxItems: 500, uniqueItems: true }),
  inherits: Type.Optional(Type.Array(Key, { maxItems: 20, uniqueItems: true })),
}

export const ListRoles = defineRoute({
  operationId: 'listRoles',
  service: 'authz',
  method: 'GET',
  path: '/v1/organizations/:org/roles',
  summary: 'Roles that can be given here: the platform’s and the organization’s own.',
  auth: 'organization',
  params: orgParams,
  query: Type.Object(PageAtQuery),
  success: { status: 200, body: listOf(Role), description: 'The roles.' },
  problems: ['forbidden'],
})

export const CreateRole = defineRoute({
  operationId: 'createRole',
  service: 'authz',
  method: 'POST',
  path: '/v1/organizations/:org/roles',
  summary: 'Define a role of the organization’s own.',
  auth: 'organization',
  idempotent: true,
  params: orgParams,
  body: Type.Object({ key: Key, ...writable }),
  success: { status: 201, body: Role, description: 'The role, with its `ETag`.' },
  problems: ['forbidden', 'conflict'],
})

export const GetRole = defineRoute({
  operationId: 'getRole',
  service: 'authz',
  method: 'GET',
  path: '/v1/organizations/:org/roles/:role',
  summary: 'One role.',
  auth: 'organization',
  params: roleParams,
  success: { status: 200, body: Role, description: 'The role, with its `ETag`.' },
  problems: ['forbidden'],
})

export const UpdateRole = defineRoute({
  operationId: 'updateRole',
  service: 'authz',
  method: 'PUT',
  path: '/v1/organizations/:org/roles/:role',
  summary: 'Replace what a role of the organization may do; `If-Match` guards against lost updates.',
  auth: 'organization',
  params: roleParams,
  body: Type.Object(writable),
  success: { status: 200, body: Role, description: 'The role, changed.' },
  problems: ['forbidden', 'precondition_failed'],
})

export const DeleteRole = defineRoute({
  operationId: 'deleteRole',
  service: 'authz',
  method: 'DELETE',
  path: '/v1/organizations/:org/roles/:role',
  summary: 'Delete a role of the organization; whoever held it holds it no longer.',
  auth: 'organization',
  params: roleParams,
  success: { status: 204, description: 'Gone.' },
  problems: ['forbidden', 'precondition_failed'],
})

export const ListRoleVersions = defineRoute({
  operationId: 'listRoleVersions',
  service: 'authz',
  method: 'GET',
  path: '/v1/organizations/:org/roles/:role/versions',
  summary: 'Everything the role has been, newest first; a deleted one too.',
  auth: 'organization',
  params: roleParams,
  query: Type.Object(PageQuery),
  success: { status: 200, body: listOf(RoleVersion), description: 'The versions.' },
  problems: ['forbidden'],
})

const MemberRoles = Type.Object({ user: Type.Object({ id: UserId }), roles: Type.Array(Key) })

export const GetMemberRoles = defineRoute({
  operationId: 'getMemberRoles',
  service: 'authz',
  method: 'GET',
  path: '/v1/organizations/:org/members/:user/roles',
  summary: 'The roles given to a member for everything; not those of their groups or for one resource.',
  auth: 'organization',
  params: Type.Object({ org: OrganizationId, user: UserId }),
  success: { status: 200, body: MemberRoles, description: 'The roles.' },
  problems: ['forbidden'],
})

export const SetMemberRoles = defineRoute({
  operationId: 'setMemberRoles',
  service: 'authz',
  method: 'PUT',
  path: '/v1/organizations/:org/members/:user/roles',
  summary: 'Replace the roles given to a member for everything; nobody gives or takes what they do not hold.',
  auth: 'organization',
  params: Type.Object({ org: OrganizationId, user: UserId }),
  body: Type.Object({ roles: Type.Array(Key, { maxItems: 50, uniqueItems: true }) }),
  success: { status: 200, body: MemberRoles, description: 'The roles, changed; the next check sees them.' },
  problems: ['forbidden', 'validation_failed', 'not_current'],
})
