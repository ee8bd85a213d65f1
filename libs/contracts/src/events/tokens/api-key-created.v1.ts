/** An API key was made; its ceiling is told, the key itself never. */
import Type, { type Static } from 'typebox'
import { ApiKeyId, OrganizationId, ServiceAccountId } from '../../common/ids.ts'

export const ApiKeyCreated = {
  type: 'gatehouse.tokens.api_key.created.v1',
  data: Type.Object({
    api_key_id: ApiKeyId,
    service_account_id: ServiceAccountId,
    organization_id: OrganizationId,
    /** RFC 3339. */
    expires_at: Type.String(),
    permissions: Type.Union([Type.Array(Type.String()), Type.Null()]),
  }),
} as const

export type ApiKeyCreated = Static<typeof ApiKeyCreated.data>
