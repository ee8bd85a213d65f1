/** An organization's role was created. */
import Type, { type Static } from 'typebox'
import { Key, OrganizationId, RoleId } from '../../common/ids.ts'

export const RoleCreated = {
  type: 'gatehouse.authz.role.created.v1',
  data: Type.Object({
    role_id: RoleId,
    organization_id: OrganizationId,
    key: Key,
  }),
} as const

export type RoleCreated = Static<typeof RoleCreated.data>
