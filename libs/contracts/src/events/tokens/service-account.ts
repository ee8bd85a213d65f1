/** Service accounts of an organization, or of the platform. */
import Type, { type Static } from 'typebox'
import { ApiKeyId, OrganizationId, ServiceAccountId } from '../../common/ids.ts'
import { Reason } from '../../common/scalars.ts'
import type { EventContract } from '../envelope.ts'

/** Null: the platform's. */
const account = {
  service_account_id: ServiceAccountId,
  organization_id: Type.Union([OrganizationId, Type.Null()]),
}
/** Of the operator who changed an account of the platform. */
const reason = Type.Optional(Reason)

/** There is a new service account; one of an organization holds no role yet. */
export const ServiceAccountCreated = {
  type: 'gatehouse.tokens.service_account.created.v1',
  data: Type.Object({
    ...account,
    status: Type.Literal('active'),
    reason,
  }),
} as const

export type ServiceAccountCreated = Static<typeof ServiceAccountCreated.data>

/**
 * A service account was renamed, disabled or enabled. Disabling carries the floor below which all its access tokens are
 * void.
 */
export const ServiceAccountUpdated = {
  type: 'gatehouse.tokens.service_account.updated.v1',
  data: Type.Object({
    ...account,
    status: Type.Union([Type.Literal('active'), Type.Literal('disabled')]),
    changed: Type.Array(Type.Union([Type.Literal('name'), Type.Literal('status')])),
    min_uv: Type.Optional(Type.Integer()),
  }),
} as const

export type ServiceAccountUpdated = Static<typeof ServiceAccountUpdated.data>

/** A service account is gone, with its keys: all its access tokens are void. */
export const ServiceAccountDeleted = {
  type: 'gatehouse.tokens.service_account.deleted.v1',
  data: Type.Object({
    ...account,
    status: Type.Literal('deleted'),
    min_uv: Type.Integer(),
    reason,
  }),
} as const

export type ServiceAccountDeleted = Static<typeof ServiceAccountDeleted.data>

/**
 * An account of the platform got an access token for an organization, the first of a day: so the organization learns
 * who asks about its people.
 */
export const ServiceAccountUsed = {
  type: 'gatehouse.tokens.service_account.used.v1',
  data: Type.Object({
    service_account_id: ServiceAccountId,
    organization_id: OrganizationId,
    api_key_id: ApiKeyId,
  }),
} as const

export type ServiceAccountUsed = Static<typeof ServiceAccountUsed.data>

export const serviceAccountEvents: readonly EventContract[] = [
  ServiceAccountCreated,
  ServiceAccountUpdated,
  ServiceAccountDeleted,
  ServiceAccountUsed,
]
