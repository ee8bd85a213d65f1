/**
 * Writes the audit lines of events, in the transaction that claims them: either claims and lines are stored or neither.
 * Where an event says that a person is gone, the key of their whereabouts goes with it, in the same transaction.
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { auditRecordOf, erasedBy, type StoredRecord } from '../../domain/audit-record.ts'
import type { TransactionKeys, Whereabouts } from '../../providers/whereabouts.ts'
import { insertAuditRecords } from '../../store/audit-events.ts'
import { destroyKey } from '../../store/audit-person-keys.ts'

export async function recordAuditEvents(
  { whereabouts }: { whereabouts: Whereabouts },
  tx: Tx,
  events: readonly EventEnvelope[],
): Promise<void> {
  const records: StoredRecord[] = []
  const keys: TransactionKeys = new Map()
  for (const record of events.map(auditRecordOf)) {
    const erased = erasedBy(record)
    if (erased !== null) {
      await destroyKey(tx, erased)
      keys.delete(erased)
    }
    records.push(await whereabouts.hide(tx, record, keys))
  }
  await insertAuditRecords(tx, records)
}
