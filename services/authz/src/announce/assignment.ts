/** Events of who holds which roles, each in the transaction that made the change. */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import {
  AssignmentCreated,
  AssignmentEnded,
  MemberRolesChanged,
  PlatformRoleAssigned,
  ServiceAccountRolesChanged,
} from '@gatehouse/contracts/events/authz/assignment'
import type { Holder } from '../store/assignments.ts'
import { principalIdOf, type AssignmentRow } from '../store/schema.ts'

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

export const announceMemberRoles = (
  tx: Tx,
  o: { holder: Holder; version: number; before: string[]; after: string[]; actor: Actor },
): Promise<void> =>
  appendEvent(tx, {
    contract: MemberRolesChanged,
    aggregateType: 'member_roles',
    aggregateId: o.holder.membershipId,
    version: o.version,
    orgId: o.holder.orgId,
    userId: o.holder.userId,
    actor: o.actor,
    data: {
      organization_id: o.holder.orgId,
      membership_id: o.holder.membershipId,
      user_id: o.holder.userId,
      before: o.before,
      after: o.after,
    },
  })

export const announceServiceAccountRoles = (
  tx: Tx,
  o: { serviceAccountId: string; orgId: string; version: number; before: string[]; after: string[]; actor: Actor },
): Promise<void> =>
  appendEvent(tx, {
    contract: ServiceAccountRolesChanged,
    aggregateType: 'service_account_roles',
    aggregateId: o.serviceAccountId,
    version: o.version,
    orgId: o.orgId,
    actor: o.actor,
    data: { organization_id: o.orgId, service_account_id: o.serviceAccountId, before: o.before, after: o.after },
  })

export const announcePlatformRole = (tx: Tx, o: { row: AssignmentRow; role: string; actor: Actor }): Promise<void> => {
  const userId = principalIdOf(o.row)
  return appendEvent(tx, {
    contract: PlatformRoleAssigned,
    aggregateType: 'assignment',
    aggregateId: o.row.id,
    version: 1,
    userId,
    actor: o.actor,
    data: { user_id: userId, role: o.role },
  })
}
