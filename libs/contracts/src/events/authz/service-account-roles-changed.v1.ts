/** The set of roles a service account holds was replaced. */
import Type, { type Static } from 'typebox'
import { Key, OrganizationId, ServiceAccountId } from '../../common/ids.ts'

export const ServiceAccountRolesChanged = {
  type: 'gatehouse.authz.service_account_roles.changed.v1',
  data: Type.Object({
    organization_id: OrganizationId,
    service_account_id: ServiceAccountId,
    before: Type.Array(Key),
    after: Type.Array(Key),
  }),
} as const

export type ServiceAccountRolesChanged = Static<typeof ServiceAccountRolesChanged.data>
