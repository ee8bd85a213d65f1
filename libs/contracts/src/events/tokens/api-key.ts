/** API keys of service accounts. */
import Type, { type Static } from 'typebox'
import { ApiKeyId, OrganizationId, ServiceAccountId, UserId } from '../../common/ids.ts'
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
    /** The key that was rotated to this one. */
    replaces: Type.Optional(ApiKeyId),
    reason,
  }),
} as const

export type ApiKeyCreated = Static<typeof ApiKeyCreated.data>

/** An API key was rotated: the old one, whose voice this is, opens what it opened until it expires. */
export const ApiKeyReplaced = {
  type: 'gatehouse.tokens.api_key.replaced.v1',
  data: Type.Object({
    ...key,
    replaced_by: ApiKeyId,
    /** RFC 3339: the end of the overlap. */
    expires_at: Type.String(),
    reason,
  }),
} as const

/** An API key expires within `days_left` days. Told once for each number of days. */
export const ApiKeyExpiring = {
  type: 'gatehouse.tokens.api_key.expiring.v1',
  data: Type.Object({
    ...key,
    /** RFC 3339. */
    expires_at: Type.String(),
    days_left: Type.Union([Type.Literal(14), Type.Literal(3)]),
    /** The person who made it; null: a machine did, or the person is gone. */
    maker: Type.Union([UserId, Type.Null()]),
  }),
} as const

/** The person who made this API key was removed from its organization, or from the platform. The key lives on. */
export const ApiKeyMakerLeft = {
  type: 'gatehouse.tokens.api_key.maker_left.v1',
  data: Type.Object({ ...key, maker: UserId }),
} as const

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

export const apiKeyEvents: readonly EventContract[] = [
  ApiKeyCreated,
  ApiKeyReplaced,
  ApiKeyExpiring,
  ApiKeyMakerLeft,
  ApiKeyRevoked,
]
