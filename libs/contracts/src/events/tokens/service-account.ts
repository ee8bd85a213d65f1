/** Service accounts of an organization. */
import Type, { type Static } from 'typebox'
import { OrganizationId, ServiceAccountId } from '../../common/ids.ts'
import type { EventContract } from '../envelope.ts'

/** An organization has a new service account; it holds no role yet. */
export const ServiceAccountCreated = {
  type: 'gatehouse.tokens.service_account.created.v1',
  data: Type.Object({
    service_account_id: ServiceAccountId,
    organization_id: OrganizationId,
    status: Type.Literal('active'),
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
    service_account_id: ServiceAccountId,
    organization_id: OrganizationId,
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
    service_account_id: ServiceAccountId,
    organization_id: OrganizationId,
    status: Type.Literal('deleted'),
    min_uv: Type.Integer(),
  }),
} as const

export type ServiceAccountDeleted = Static<typeof ServiceAccountDeleted.data>

export const serviceAccountEvents: readonly EventContract[] = [
  ServiceAccountCreated,
  ServiceAccountUpdated,
  ServiceAccountDeleted,
]
