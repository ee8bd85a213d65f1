/**
 * Writes the audit line of an event, in the transaction that claims the event: either both are stored or neither. Where the event says that a person is gone,
 * the key of their whereabouts goes with it, in the same transaction.
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { auditRecordOf, erasedBy } from '../../domain/audit-record.ts'
import type { Whereabouts } from '../../providers/whereabouts.ts'
import { insertAuditRecords } from '../../store/audit-events.ts'
import { destroyKey } from '../../store/audit-person-keys.ts'

export async function recordAuditEvent(
  { whereabouts }: { whereabouts: Whereabouts },
  tx: Tx,
  event: EventEnvelope,
): Promise<void> {
  const record = auditRecordOf(event)
  const erased = erasedBy(record)
  if (erased !== null) await destroyKey(tx, erased)
  await insertAuditRecords(tx, [await whereabouts.hide(tx, record)])
}
