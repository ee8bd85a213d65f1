/** A service account was renamed, disabled or enabled. Disabling carries the floor below which all its access tokens are void. */
import Type, { type Static } from 'typebox'
import { OrganizationId, ServiceAccountId } from '../../common/ids.ts'

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
