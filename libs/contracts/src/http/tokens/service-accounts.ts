/**
 * Service accounts of an organization and their API keys: applications as callers. Their roles are authz's
 * (`http/authz/service-account-roles.ts`).
 */
import Type, { type Static } from 'typebox'
import { ApiKeyId, OrganizationId, ServiceAccountId, UserId } from '../../common/ids.ts'
import { listOf, PageQuery } from '../../common/page.ts'
import { DisplayName } from '../../common/display-name.ts'
import { Instant } from '../../common/scalars.ts'
import { PermissionKey } from '../authz/roles.ts'
import { defineRoute } from '../contract.ts'

const Status = Type.Union([Type.Literal('active'), Type.Literal('disabled')])

export const ServiceAccount = Type.Object({
  id: ServiceAccountId,
  name: Type.String(),
  status: Status,
  created_at: Instant,
  updated_at: Instant,
})
export type ServiceAccount = Static<typeof ServiceAccount>

export const ApiKey = Type.Object({
  id: ApiKeyId,
  name: Type.Union([Type.String(), Type.Null()]),
  /** What the key begins and ends with, to recognise it by. */
  prefix: Type.String(),
  last4: Type.String(),
  /** The scope: of what the account may do, the key may do no more than these. Null: everything. */
  permissions: Type.Union([Type.Array(PermissionKey), Type.Null()]),
  status: Type.Union([Type.Literal('active'), Type.Literal('expired'), Type.Literal('revoked')]),
  created_at: Instant,
  expires_at: Instant,
  /** Within some ten minutes; null: never used. */
  last_used_at: Type.Union([Instant, Type.Null()]),
  /** The key that it was rotated to; it lives on until it expires. */
  replaced_by: Type.Union([ApiKeyId, Type.Null()]),
  /** `user:<id>` or `service_account:<id>`. */
  created_by: Type.String(),
  /** `gone`: its maker was removed from the organization, or from the platform; the key lives on. */
  maker_status: Type.Union([Type.Literal('active'), Type.Literal('gone')]),
})
export type ApiKey = Static<typeof ApiKey>

export const NewApiKey = Type.Object({
  ...ApiKey.properties,
  /** `gthk_<environment>_…`: shown here and never again, a replay under the same idempotency key included. */
  key: Type.Optional(Type.String()),
})
export type NewApiKey = Static<typeof NewApiKey>

/** 90 when absent. */
export const LifetimeDays = Type.Optional(Type.Integer({ minimum: 1, maximum: 366 }))

/** Hours in which the key that was rotated still opens what it opened; 24 when absent. */
export const OverlapHours = Type.Optional(Type.Integer({ minimum: 1, maximum: 168 }))

/** `maker`: only the keys that this person made. */
export const KeyQuery = Type.Object({ ...PageQuery, maker: Type.Optional(UserId) })

const inOrganization = Type.Object({ org: OrganizationId })
const ofAccount = Type.Object({ org: OrganizationId, service_account: ServiceAccountId })
const ofKey = Type.Object({ org: OrganizationId, service_account: ServiceAccountId, key: ApiKeyId })
const collection = '/v1/organizations/:org/service-accounts'
const base = { service: 'tokens', auth: 'organization', problems: ['forbidden'] } as const

export const CreateServiceAccount = defineRoute({
  ...base,
  operationId: 'createServiceAccount',
  method: 'POST',
  path: collection,
  summary:
    'Create a service account: an application that acts for the organization. It holds no role until it is given one.',
  idempotent: true,
  params: inOrganization,
  body: Type.Object({ name: DisplayName }),
  success: { status: 201, body: ServiceAccount, description: 'The service account.' },
})

export const ListServiceAccounts = defineRoute({
  ...base,
  operationId: 'listServiceAccounts',
  method: 'GET',
  path: collection,
  summary: 'The service accounts of the organization, newest first.',
  params: inOrganization,
  query: Type.Object(PageQuery),
  success: { status: 200, body: listOf(ServiceAccount), description: 'The service accounts.' },
})

export const GetServiceAccount = defineRoute({
  ...base,
  operationId: 'getServiceAccount',
  method: 'GET',
  path: `${collection}/:service_account`,
  summary: 'One service account.',
  params: ofAccount,
  success: { status: 200, body: ServiceAccount, description: 'The service account.' },
})

export const UpdateServiceAccount = defineRoute({
  ...base,
  operationId: 'updateServiceAccount',
  method: 'PATCH',
  path: `${collection}/:service_account`,
  summary: 'Rename, disable or enable a service account. While it is disabled each of its keys is refused.',
  params: ofAccount,
  body: Type.Object({ name: Type.Optional(DisplayName), status: Type.Optional(Status) }, { minProperties: 1 }),
  success: { status: 200, body: ServiceAccount, description: 'The service account as it is now.' },
})

export const DeleteServiceAccount = defineRoute({
  ...base,
  operationId: 'deleteServiceAccount',
  method: 'DELETE',
  path: `${collection}/:service_account`,
  summary: 'Delete a service account with its keys and roles.',
  params: ofAccount,
  success: { status: 204, description: 'Gone; its keys are refused from now on.' },
})

export const CreateApiKey = defineRoute({
  ...base,
  operationId: 'createApiKey',
  method: 'POST',
  path: `${collection}/:service_account/keys`,
  summary: 'Create an API key. Whoever holds it may what the account may, so its maker must hold those rights.',
  idempotent: true,
  shownOnce: ['key'],
  params: ofAccount,
  body: Type.Object({
    name: Type.Optional(DisplayName),
    expires_in_days: LifetimeDays,
    permissions: Type.Optional(Type.Array(PermissionKey, { minItems: 1, maxItems: 32, uniqueItems: true })),
  }),
  example: { name: 'nightly export', expires_in_days: 30 },
  success: { status: 201, body: NewApiKey, description: 'The key, shown this once.' },
  problems: ['forbidden', 'conflict'],
})

export const ListApiKeys = defineRoute({
  ...base,
  operationId: 'listApiKeys',
  method: 'GET',
  path: `${collection}/:service_account/keys`,
  summary: 'The API keys of a service account, newest first, revoked and expired ones included; or those of one maker.',
  params: ofAccount,
  query: KeyQuery,
  success: { status: 200, body: listOf(ApiKey), description: 'The keys, without their secrets.' },
})

export const RotateApiKey = defineRoute({
  ...base,
  operationId: 'rotateApiKey',
  method: 'POST',
  path: `${collection}/:service_account/keys/:key/rotate`,
  summary:
    'Exchange an API key for a new one of the same name and scope. The old one lives on for the overlap, in which ' +
    'deployments take the new one. A key that leaked is revoked instead.',
  idempotent: true,
  shownOnce: ['key'],
  params: ofKey,
  body: Type.Object({ expires_in_days: LifetimeDays, overlap_hours: OverlapHours }),
  example: { overlap_hours: 24 },
  success: { status: 201, body: NewApiKey, description: 'The new key, shown this once.' },
  problems: ['forbidden', 'conflict'],
})

export const RevokeApiKey = defineRoute({
  ...base,
  operationId: 'revokeApiKey',
  method: 'DELETE',
  path: `${collection}/:service_account/keys/:key`,
  summary: 'Revoke an API key.',
  params: ofKey,
  success: {
    status: 204,
    description: 'The key is refused from now on, and so is every access token it was exchanged for.',
  },
})

export const ExchangeApiKey = defineRoute({
  operationId: 'exchangeApiKey',
  service: 'tokens',
  method: 'POST',
  path: '/internal/api-keys/exchange',
  summary:
    'A short access token for an API key. One refusal for every key that is not good, whatever the reason. A ' +
    'key of the platform is exchanged for the organization that is named.',
  auth: 'internal',
  callers: ['gateway'],
  retryable: true,
  body: Type.Object({
    key: Type.String({ minLength: 1, maxLength: 200 }),
    organization_id: Type.Optional(OrganizationId),
  }),
  success: {
    status: 200,
    body: Type.Object({ access_token: Type.String(), expires_in: Type.Integer() }),
    description: 'The access token; seconds it lives.',
  },
  problems: ['invalid_api_key', 'organization_required', 'organization_unavailable', 'not_current'],
})
