/** An organization's group was renamed. */
import Type, { type Static } from 'typebox'
import { GroupId, Key, OrganizationId } from '../../common/ids.ts'

export const GroupUpdated = {
  type: 'gatehouse.authz.group.updated.v1',
  data: Type.Object({
    group_id: GroupId,
    organization_id: OrganizationId,
    key: Key,
  }),
} as const

export type GroupUpdated = Static<typeof GroupUpdated.data>
