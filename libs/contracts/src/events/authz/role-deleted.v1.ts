/** An organization's role was deleted. */
import Type, { type Static } from 'typebox'
import { Key, OrganizationId, RoleId } from '../../common/ids.ts'

export const RoleDeleted = {
  type: 'gatehouse.authz.role.deleted.v1',
  data: Type.Object({
    role_id: RoleId,
    organization_id: OrganizationId,
    key: Key,
  }),
} as const

export type RoleDeleted = Static<typeof RoleDeleted.data>
