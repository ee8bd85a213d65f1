/** An organization's group was made. */
import Type, { type Static } from 'typebox'
import { GroupId, Key, OrganizationId } from '../../common/ids.ts'

export const GroupCreated = {
  type: 'gatehouse.authz.group.created.v1',
  data: Type.Object({
    group_id: GroupId,
    organization_id: OrganizationId,
    key: Key,
  }),
} as const

export type GroupCreated = Static<typeof GroupCreated.data>
