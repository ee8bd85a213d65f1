/**
 * The catalog: what applications exist, which resource types and permissions they bring, which roles and policies hold
 * everywhere.
 */
import Type, { type Static } from 'typebox'
import { Key } from '../../common/ids.ts'
import { DisplayName } from '../../common/display-name.ts'
import { defineRoute } from '../contract.ts'
import { ActionName, AttributeSchemas, EntityType } from './attributes.ts'
import { PolicySource } from './policies.ts'
import { PermissionKey } from './roles.ts'

export const ApplicationManifest = Type.Object({
  name: DisplayName,
  resource_types: Type.Array(
    Type.Object({
      key: EntityType,
      attributes: AttributeSchemas,
      /** Read as `action.*`: what an AuthZEN action's own properties say. */
      action_attributes: Type.Optional(AttributeSchemas),
      /** Read as `request.*`: what an AuthZEN context says. */
      request_attributes: Type.Optional(AttributeSchemas),
      actions: Type.Array(
        Type.Object({
          name: ActionName,
          sensitive: Type.Optional(Type.Boolean()),
        }),
        { minItems: 1, maxItems: 100 },
      ),
    }),
    { minItems: 1, maxItems: 100 },
  ),
  /**
   * Attributes of the other sources this application's policies read, such as `membership.department`. Of a name, all
   * applications say the same.
   */
  membership_attributes: Type.Optional(AttributeSchemas),
  /** Stored: by each organization, as the entity `user` with the id of the person. */
  user_attributes: Type.Optional(AttributeSchemas),
  /** Stored: as the entity `organization` with its own id. Nobody else can say them. */
  organization_attributes: Type.Optional(AttributeSchemas),
  roles: Type.Array(
    Type.Object({
      key: Key,
      name: DisplayName,
      permissions: Type.Array(PermissionKey, { maxItems: 500 }),
      inherits: Type.Optional(Type.Array(Key)),
    }),
    { maxItems: 200 },
  ),
  policies: Type.Array(PolicySource, { maxItems: 200 }),
})
export type ApplicationManifest = Static<typeof ApplicationManifest>

const Application = Type.Object({ key: Key, ...ApplicationManifest.properties })

export const PutApplication = defineRoute({
  operationId: 'putApplication',
  service: 'authz',
  method: 'PUT',
  path: '/v1/authz/catalog/:application',
  summary:
    'Declare an application: resource types, permissions, platform roles and platform policies. Platform ' +
    'administrators only.',
  auth: 'user',
  params: Type.Object({ application: Key }),
  body: ApplicationManifest,
  bodyLimitBytes: 1_048_576,
  success: { status: 200, body: Application, description: 'The application as it is in force, with its `ETag`.' },
  problems: ['forbidden', 'invalid_policy', 'conflict', 'precondition_failed'],
})

export const GetApplication = defineRoute({
  operationId: 'getApplication',
  service: 'authz',
  method: 'GET',
  path: '/v1/authz/catalog/:application',
  summary: 'One application as it is in force.',
  auth: 'user',
  principals: 'any',
  params: Type.Object({ application: Key }),
  success: { status: 200, body: Application, description: 'The application, with its `ETag`.' },
})

export const GetCatalog = defineRoute({
  operationId: 'getCatalog',
  service: 'authz',
  method: 'GET',
  path: '/v1/authz/catalog',
  summary: 'Every application with its resource types and permissions.',
  auth: 'user',
  principals: 'any',
  success: { status: 200, body: Type.Object({ data: Type.Array(Application) }), description: 'The catalog.' },
})
