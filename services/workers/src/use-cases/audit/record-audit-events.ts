/**
 * Writes the audit lines of events, in the transaction that claims them: either claims and lines are stored or neither.
 * Where an event says that a person is gone, the key of their whereabouts goes with it, in the same transaction.
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import type { Db, Tx } from '@gatehouse/service-kit/postgres/connect'
import type { WithClaim } from '@gatehouse/spine/consume/consumer'
import { auditRecordOf, erasedBy } from '../../domain/audit-record.ts'
import { concernedBy, type Whereabouts } from '../../providers/whereabouts.ts'
import { claimedLines, insertAuditRecords } from '../../store/audit-events.ts'
import { destroyKeys } from '../../store/audit-person-keys.ts'

export async function recordAuditEvents(
  { whereabouts }: { whereabouts: Whereabouts },
  tx: Tx,
  events: readonly EventEnvelope[],
): Promise<void> {
  const records = events.map(auditRecordOf)
  const erased = records.map(erasedBy)
  const gone = erased.filter((id) => id !== null)
  // Those who are gone as well: whoever makes a key and whoever destroys it meet in the order in which keys are made.
  const people = [...records.map(concernedBy).filter((id) => id !== null), ...gone]
  const keys = await whereabouts.keysOf(tx, people)
  const stored = records.map((record, at) => {
    const left = erased[at]
    if (typeof left === 'string') keys.set(left, null)
    return whereabouts.hide(record, keys)
  })
  await destroyKeys(tx, gone)
  await insertAuditRecords(tx, stored)
}

/**
 * How the lines of events are written by the statement that claims them. Undefined where somebody is gone: their key
 * goes with the lines. The keys of others may be made before, since a key without a line tells nothing.
 */
export async function auditLinesOf(
  { whereabouts }: { whereabouts: Whereabouts },
  db: Db,
  events: readonly EventEnvelope[],
): Promise<WithClaim | undefined> {
  const records = events.map(auditRecordOf)
  if (records.some((record) => erasedBy(record) !== null)) return undefined
  const keys = await whereabouts.keysOf(
    db,
    records.map(concernedBy).filter((id) => id !== null),
  )
  return { effects: claimedLines(records.map((record) => whereabouts.hide(record, keys))) }
}
