/** An API key is over: each access token it was exchanged for is void from this event on. */
import Type, { type Static } from 'typebox'
import { ApiKeyId, OrganizationId, ServiceAccountId } from '../../common/ids.ts'

export const ApiKeyRevoked = {
  type: 'gatehouse.tokens.api_key.revoked.v1',
  data: Type.Object({
    api_key_id: ApiKeyId,
    service_account_id: ServiceAccountId,
    organization_id: OrganizationId,
    min_sv: Type.Integer(),
  }),
} as const

export type ApiKeyRevoked = Static<typeof ApiKeyRevoked.data>
