/** A service account is gone, with its keys: all its access tokens are void. */
import Type, { type Static } from 'typebox'
import { OrganizationId, ServiceAccountId } from '../../common/ids.ts'

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
