/** The events about who holds what and what is stored: groups, who belongs to them, assignments, entities; each in the transaction that made the change. */
import { AssignmentCreated, AssignmentEnded } from '@gatehouse/contracts/events/authz/assignment'
import { EntityDeleted, EntityStored } from '@gatehouse/contracts/events/authz/entity'
import {
  GroupCreated,
  GroupDeleted,
  GroupMemberAdded,
  GroupMemberRemoved,
  GroupUpdated,
} from '@gatehouse/contracts/events/authz/group'
import type { Actor } from '@gatehouse/contracts/events/envelope'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Belonging } from '../../store/groups.ts'
import { principalIdOf, type AssignmentRow, type EntityRow, type GroupRow } from '../../store/schema.ts'

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

type OfAssignment = { row: AssignmentRow; orgId: string; actor: Actor }

const announceAssignment = (
  tx: Tx,
  { contract, row, orgId, actor }: OfAssignment & { contract: typeof AssignmentCreated | typeof AssignmentEnded },
): Promise<void> => {
  const principalId = principalIdOf(row)
  return appendEvent(tx, {
    contract,
    aggregateType: 'assignment',
    aggregateId: row.id,
    version: contract === AssignmentEnded ? 2 : 1,
    orgId,
    ...(row.principalType === 'user' ? { userId: principalId } : {}),
    actor,
    data: {
      assignment_id: row.id,
      organization_id: orgId,
      principal_id: principalId,
      role_id: row.roleId,
      ...(row.resourceType === null || row.resourceId === null
        ? {}
        : { resource: { type: row.resourceType, id: row.resourceId } }),
      ...(row.expiresAt === null ? {} : { expires_at: row.expiresAt.toISOString() }),
    },
  })
}

export const announceAssignmentCreated = (tx: Tx, o: OfAssignment): Promise<void> =>
  announceAssignment(tx, { contract: AssignmentCreated, ...o })
export const announceAssignmentEnded = (tx: Tx, o: OfAssignment): Promise<void> =>
  announceAssignment(tx, { contract: AssignmentEnded, ...o })

type OfEntity = { row: EntityRow; actor: Actor }

const announceEntity = (
  tx: Tx,
  { contract, row, actor }: OfEntity & { contract: typeof EntityStored | typeof EntityDeleted },
): Promise<void> =>
  appendEvent(tx, {
    contract,
    aggregateType: 'entity',
    aggregateId: row.id,
    version: row.version,
    orgId: row.orgId,
    actor,
    data: { entity_id: row.id, organization_id: row.orgId, type: row.type },
  })

export const announceEntityStored = (tx: Tx, o: OfEntity): Promise<void> =>
  announceEntity(tx, { contract: EntityStored, ...o })
export const announceEntityDeleted = (tx: Tx, o: OfEntity): Promise<void> =>
  announceEntity(tx, { contract: EntityDeleted, ...o })
