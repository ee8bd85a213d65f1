/** Events of groups and who belongs to them, each in the transaction that made the change. */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import {
  GroupCreated,
  GroupDeleted,
  GroupMemberAdded,
  GroupMemberRemoved,
  GroupUpdated,
} from '@gatehouse/contracts/events/authz/group'
import type { Belonging } from '../store/groups.ts'
import type { GroupRow } from '../store/schema.ts'

type OfGroup = { row: GroupRow; actor: Actor }

/** `row` is the version that begins, or for a deletion the one that ended. */
const announceGroup = (
  tx: Tx,
  { contract, row, actor }: OfGroup & { contract: typeof GroupCreated | typeof GroupUpdated | typeof GroupDeleted },
): Promise<void> =>
  appendEvent(tx, {
    contract,
    aggregateType: 'group',
    aggregateId: row.id,
    version: contract === GroupDeleted ? row.version + 1 : row.version,
    orgId: row.orgId,
    actor,
    data: { group_id: row.id, organization_id: row.orgId, key: row.key },
  })

export const announceGroupCreated = (tx: Tx, o: OfGroup): Promise<void> =>
  announceGroup(tx, { contract: GroupCreated, ...o })
export const announceGroupUpdated = (tx: Tx, o: OfGroup): Promise<void> =>
  announceGroup(tx, { contract: GroupUpdated, ...o })
export const announceGroupDeleted = (tx: Tx, o: OfGroup): Promise<void> =>
  announceGroup(tx, { contract: GroupDeleted, ...o })

/** `version` is that of what the member holds. */
type OfBelonging = { belonging: Belonging; version: number; actor: Actor }

const announceBelonging = (
  tx: Tx,
  {
    contract,
    belonging,
    version,
    actor,
  }: OfBelonging & { contract: typeof GroupMemberAdded | typeof GroupMemberRemoved },
): Promise<void> => {
  const { orgId, groupId, membershipId, userId } = belonging
  return appendEvent(tx, {
    contract,
    aggregateType: 'member_roles',
    aggregateId: membershipId,
    version,
    orgId,
    userId,
    actor,
    data: { group_id: groupId, organization_id: orgId, membership_id: membershipId, user_id: userId },
  })
}

export const announceGroupMemberAdded = (tx: Tx, o: OfBelonging): Promise<void> =>
  announceBelonging(tx, { contract: GroupMemberAdded, ...o })
export const announceGroupMemberRemoved = (tx: Tx, o: OfBelonging): Promise<void> =>
  announceBelonging(tx, { contract: GroupMemberRemoved, ...o })
