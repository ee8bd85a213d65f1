/** Events of roles, each in the transaction that made the change. */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { RoleCreated, RoleDeleted, RoleUpdated } from '@gatehouse/contracts/events/authz/role'
import type { RoleRow } from '../store/schema.ts'

type RoleEvent = {
  contract: typeof RoleCreated | typeof RoleUpdated | typeof RoleDeleted
  row: RoleRow
  orgId: string
  actor: Actor
}

/** `row` is the version that begins, or for a deletion the one that ended. */
const announceRole = (tx: Tx, { contract, row, orgId, actor }: RoleEvent): Promise<void> =>
  appendEvent(tx, {
    contract,
    aggregateType: 'role',
    aggregateId: row.id,
    version: contract === RoleDeleted ? row.version + 1 : row.version,
    orgId,
    actor,
    data: { role_id: row.id, organization_id: orgId, key: row.key },
  })

type OfRole = { row: RoleRow; orgId: string; actor: Actor }

export const announceRoleCreated = (tx: Tx, o: OfRole): Promise<void> =>
  announceRole(tx, { contract: RoleCreated, ...o })
export const announceRoleUpdated = (tx: Tx, o: OfRole): Promise<void> =>
  announceRole(tx, { contract: RoleUpdated, ...o })
export const announceRoleDeleted = (tx: Tx, o: OfRole): Promise<void> =>
  announceRole(tx, { contract: RoleDeleted, ...o })
