/** API keys of service accounts. */
import Type, { type Static } from 'typebox'
import { ApiKeyId, OrganizationId, ServiceAccountId } from '../../common/ids.ts'
import { Reason } from '../../common/scalars.ts'
import type { EventContract } from '../envelope.ts'

/** Null: the platform's. */
const key = {
  api_key_id: ApiKeyId,
  service_account_id: ServiceAccountId,
  organization_id: Type.Union([OrganizationId, Type.Null()]),
}
/** Of the operator who changed a key of the platform. */
const reason = Type.Optional(Reason)

/** An API key was made; its scope is told, the key itself never. */
export const ApiKeyCreated = {
  type: 'gatehouse.tokens.api_key.created.v1',
  data: Type.Object({
    ...key,
    /** RFC 3339. */
    expires_at: Type.String(),
    permissions: Type.Union([Type.Array(Type.String()), Type.Null()]),
    reason,
  }),
} as const

export type ApiKeyCreated = Static<typeof ApiKeyCreated.data>

/** An API key is over: each access token it was exchanged for is void from this event on. */
export const ApiKeyRevoked = {
  type: 'gatehouse.tokens.api_key.revoked.v1',
  data: Type.Object({
    ...key,
    min_sv: Type.Integer(),
    reason,
  }),
} as const

export type ApiKeyRevoked = Static<typeof ApiKeyRevoked.data>

export const apiKeyEvents: readonly EventContract[] = [ApiKeyCreated, ApiKeyRevoked]
