/** Writes the audit line of an event, in the transaction that claims the event: either both are stored or neither. */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { auditRecordOf } from '../domain/audit-record.ts'
import { insertAuditRecord } from '../store/audit-events.ts'

export const recordAuditEvent = (tx: Tx, event: EventEnvelope): Promise<void> =>
  insertAuditRecord(tx, auditRecordOf(event))
