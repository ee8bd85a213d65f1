/** Facts about an organization changed; `min_ov` only when access must end. */
import Type, { type Static } from 'typebox'
import { OrganizationId } from '../../common/ids.ts'

export const OrganizationUpdated = {
  type: 'gatehouse.orgs.organization.updated.v1',
  data: Type.Object({
    organization_id: OrganizationId,
    status: Type.Union([Type.Literal('active'), Type.Literal('suspended')]),
    changed: Type.Array(Type.String()),
    min_ov: Type.Optional(Type.Integer()),
  }),
} as const

export type OrganizationUpdated = Static<typeof OrganizationUpdated.data>
