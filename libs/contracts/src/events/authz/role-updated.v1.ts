/** An organization's role was updated. */
import Type, { type Static } from 'typebox'
import { Key, OrganizationId, RoleId } from '../../common/ids.ts'

export const RoleUpdated = {
  type: 'gatehouse.authz.role.updated.v1',
  data: Type.Object({
    role_id: RoleId,
    organization_id: OrganizationId,
    key: Key,
  }),
} as const

export type RoleUpdated = Static<typeof RoleUpdated.data>
