/** An organization has a new service account; it holds no role yet. */
import Type, { type Static } from 'typebox'
import { OrganizationId, ServiceAccountId } from '../../common/ids.ts'

export const ServiceAccountCreated = {
  type: 'gatehouse.tokens.service_account.created.v1',
  data: Type.Object({
    service_account_id: ServiceAccountId,
    organization_id: OrganizationId,
    status: Type.Literal('active'),
  }),
} as const

export type ServiceAccountCreated = Static<typeof ServiceAccountCreated.data>
