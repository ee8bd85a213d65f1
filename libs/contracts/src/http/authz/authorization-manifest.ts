/**
 * An organization's authorization as one document: what is its own, by keys that stay the same wherever it is applied.
 * On the wire it is JSON only: a YAML parser can be made to take the whole process with it, so YAML is read where its
 * author is.
 */
import Type, { type Static } from 'typebox'
import { Key, OrganizationId, UserId } from '../../common/ids.ts'
import { DisplayName } from '../../common/display-name.ts'
import { Instant } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'
import { EntityKey, EntityType } from './attributes.ts'
import { PolicySource } from './policies.ts'
import { Change } from './policy-lifecycle.ts'
import { PermissionKey } from './roles.ts'

const Principal = Type.Union([Type.Object({ user: UserId }), Type.Object({ group: Key })])

/** A part that is left out is left alone; a part that is there is brought to exactly what it says. */
export const AuthorizationManifest = Type.Object({
  roles: Type.Optional(
    Type.Array(
      Type.Object({
        key: Key,
        name: DisplayName,
        permissions: Type.Array(PermissionKey, { maxItems: 500, uniqueItems: true }),
        inherits: Type.Optional(Type.Array(Key, { maxItems: 20, uniqueItems: true })),
      }),
      { maxItems: 500 },
    ),
  ),
  policies: Type.Optional(Type.Array(PolicySource, { maxItems: 500 })),
  groups: Type.Optional(
    Type.Array(
      Type.Object({ key: Key, name: DisplayName, members: Type.Array(UserId, { maxItems: 1000, uniqueItems: true }) }),
      { maxItems: 200 },
    ),
  ),
  assignments: Type.Optional(
    Type.Array(
      Type.Object({
        principal: Principal,
        role: Key,
        resource: Type.Optional(Type.Object({ type: EntityType, id: EntityKey })),
        expires_at: Type.Optional(Instant),
      }),
      { maxItems: 5000 },
    ),
  ),
})
export type AuthorizationManifest = Static<typeof AuthorizationManifest>

/** One thing that is, or would be, made, changed or ended; `changes` name the members that differ. */
export const ManifestChange = Type.Object({
  part: Type.Union([
    Type.Literal('roles'),
    Type.Literal('policies'),
    Type.Literal('groups'),
    Type.Literal('assignments'),
  ]),
  key: Type.String(),
  kind: Type.Union([Type.Literal('create'), Type.Literal('update'), Type.Literal('delete')]),
  changes: Type.Array(Change),
})
export type ManifestChange = Static<typeof ManifestChange>

const params = Type.Object({ org: OrganizationId })
const path = '/v1/organizations/:org/authorization-manifest'

export const GetAuthorizationManifest = defineRoute({
  operationId: 'getAuthorizationManifest',
  service: 'authz',
  method: 'GET',
  path,
  summary: 'The organization’s own roles, policies, groups and assignments as one document.',
  auth: 'organization',
  params,
  success: { status: 200, body: AuthorizationManifest, description: 'The document, with the `ETag` of its content.' },
  problems: ['forbidden'],
})

export const ApplyAuthorizationManifest = defineRoute({
  operationId: 'applyAuthorizationManifest',
  service: 'authz',
  method: 'PUT',
  path,
  summary:
    'Bring the organization to what the document says, all of it or nothing. `dry_run=true` says what would change ' +
    'and changes nothing.',
  auth: 'organization',
  params,
  query: Type.Object({ dry_run: Type.Optional(Type.Boolean()) }),
  body: AuthorizationManifest,
  bodyLimitBytes: 1_048_576,
  deadlineMs: 20_000,
  success: {
    status: 200,
    body: Type.Object({ applied: Type.Boolean(), changes: Type.Array(ManifestChange) }),
    description: 'The differences, with the `ETag` of what is in force now.',
  },
  problems: ['forbidden', 'invalid_policy', 'precondition_failed', 'not_current'],
})
