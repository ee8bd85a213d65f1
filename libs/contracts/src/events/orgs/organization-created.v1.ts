/** An organization exists; its creator owns it. */
import Type, { type Static } from 'typebox'
import { OrganizationId, UserId } from '../../common/ids.ts'

export const OrganizationCreated = {
  type: 'gatehouse.orgs.organization.created.v1',
  data: Type.Object({
    organization_id: OrganizationId,
    created_by: UserId,
    status: Type.Literal('active'),
  }),
} as const

export type OrganizationCreated = Static<typeof OrganizationCreated.data>
