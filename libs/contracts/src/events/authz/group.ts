/** Groups of an organization and who is in them. */
import Type, { type Static } from 'typebox'
import { GroupId, Key, MembershipId, OrganizationId, UserId } from '../../common/ids.ts'
import type { EventContract } from '../envelope.ts'

/** An organization's group was made. */
export const GroupCreated = {
  type: 'gatehouse.authz.group.created.v1',
  data: Type.Object({
    group_id: GroupId,
    organization_id: OrganizationId,
    key: Key,
  }),
} as const

export type GroupCreated = Static<typeof GroupCreated.data>

/** An organization's group was renamed. */
export const GroupUpdated = {
  type: 'gatehouse.authz.group.updated.v1',
  data: Type.Object({
    group_id: GroupId,
    organization_id: OrganizationId,
    key: Key,
  }),
} as const

export type GroupUpdated = Static<typeof GroupUpdated.data>

/** An organization's group was deleted: its members hold no longer what they held through it. */
export const GroupDeleted = {
  type: 'gatehouse.authz.group.deleted.v1',
  data: Type.Object({
    group_id: GroupId,
    organization_id: OrganizationId,
    key: Key,
  }),
} as const

export type GroupDeleted = Static<typeof GroupDeleted.data>

/** A member of the organization belongs to a group. */
export const GroupMemberAdded = {
  type: 'gatehouse.authz.group_member.added.v1',
  data: Type.Object({
    group_id: GroupId,
    organization_id: OrganizationId,
    membership_id: MembershipId,
    user_id: UserId,
  }),
} as const

export type GroupMemberAdded = Static<typeof GroupMemberAdded.data>

/** A member of the organization belongs to a group no longer. */
export const GroupMemberRemoved = {
  type: 'gatehouse.authz.group_member.removed.v1',
  data: Type.Object({
    group_id: GroupId,
    organization_id: OrganizationId,
    membership_id: MembershipId,
    user_id: UserId,
  }),
} as const

export type GroupMemberRemoved = Static<typeof GroupMemberRemoved.data>

export const groupEvents: readonly EventContract[] = [
  GroupCreated,
  GroupUpdated,
  GroupDeleted,
  GroupMemberAdded,
  GroupMemberRemoved,
]
