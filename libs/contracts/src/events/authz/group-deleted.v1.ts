/** An organization's group was deleted: its members hold no longer what they held through it. */
import Type, { type Static } from 'typebox'
import { GroupId, Key, OrganizationId } from '../../common/ids.ts'

export const GroupDeleted = {
  type: 'gatehouse.authz.group.deleted.v1',
  data: Type.Object({
    group_id: GroupId,
    organization_id: OrganizationId,
    key: Key,
  }),
} as const

export type GroupDeleted = Static<typeof GroupDeleted.data>
