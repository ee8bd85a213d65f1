/**
 * Client address and user agent in the audit trail: ciphertexts under a key of the person they are of (AES-256-GCM),
 * bound to their record. To erase a person is to destroy that key. A key is known here once it is known to be
 * committed, for writing only: to read, the table is asked each time.
 */
import { randomBytes } from 'node:crypto'
import type { Db, Queryable } from '@gatehouse/service-kit/postgres/connect'
import { inTurns } from '@gatehouse/service-kit/concurrency/turns'
import { createEnvelope, type Envelope } from '@gatehouse/service-kit/secrets/envelope'
import type { SealedKind } from '@gatehouse/service-kit/secrets/reseal'
import { LRUCache } from 'lru-cache'
import { personalOwnerOf, type AuditRecord, type StoredRecord } from '../domain/audit-record.ts'
import { findKeys, findOrKeepKeys, listKeysSealedOtherwise, replaceSealedKey } from '../store/audit-person-keys.ts'

/** Keys by person; null for one who was erased. */
export type WriteKeys = ReadonlyMap<string, Envelope | null>

export type Whereabouts = {
  /** The keys of people for the records of this transaction, made where there are none. */
  keysOf(tx: Queryable, userIds: readonly string[]): Promise<Map<string, Envelope | null>>
  /** The record as it is kept, under the key of its `concernedBy`. */
  hide(record: AuditRecord, keys: WriteKeys): StoredRecord
  /** The records as they were, but for people who were erased: of them nothing is known any more. */
  show(system: Db, records: readonly StoredRecord[]): Promise<AuditRecord[]>
  /** The keys of people, as what a new key-encryption key has to seal anew. */
  sealedKeys(system: Db): SealedKind
}

const mostKnownKeys = 10_000
const keyPurpose = (userId: string): string => `audit key ${userId}`
const recordPurpose = (recordId: string): string => `audit record ${recordId}`

/** Whose whereabouts the record tells; null where it tells nobody's. */
export const concernedBy = (record: AuditRecord): string | null =>
  record.clientAddress === null && record.userAgent === null ? null : personalOwnerOf(record)

/** @param envelope - of the key-encryption key */
export function createWhereabouts(envelope: Envelope): Whereabouts {
  /** Null: the person was erased. */
  const known = new LRUCache<string, { envelope: Envelope | null }>({ max: mostKnownKeys })
  const open = (userId: string, sealed: string): Envelope =>
    createEnvelope({ keys: [envelope.open(sealed, keyPurpose(userId))] })

  return {
    async keysOf(tx, userIds) {
      const keys = new Map<string, Envelope | null>()
      const asked = new Set<string>()
      for (const id of userIds) {
        const found = known.get(id)
        if (found) keys.set(id, found.envelope)
        else asked.add(id)
      }
      const offer = (id: string) => envelope.seal(randomBytes(32), keyPurpose(id))
      for (const { userId, sealed, isNew } of asked.size === 0 ? [] : await findOrKeepKeys(tx, [...asked], offer)) {
        const key = sealed === null ? null : open(userId, sealed)
        keys.set(userId, key)
        if (!isNew) known.set(userId, { envelope: key })
      }
      return keys
    },
    hide,
    async show(system, records) {
      const people = new Set(records.map(({ personalOf }) => personalOf).filter((id) => id !== null))
      const sealedKeys = await findKeys(system, [...people])
      const keys = new Map<string, Envelope>()
      const keyFor = (userId: string): Envelope | undefined => {
        const [known, sealed] = [keys.get(userId), sealedKeys.get(userId)]
        if (known !== undefined || sealed === undefined) return known
        const opened = open(userId, sealed)
        keys.set(userId, opened)
        return opened
      }
      return inTurns(showEach(records, keyFor), { work: 'audit page', key: 'audit page' })
    },
    sealedKeys: (system) => ({
      envelope,
      list: (page) => listKeysSealedOtherwise(system, page),
      purposeOf: keyPurpose,
      replace: (row, to) => replaceSealedKey(system, row, to),
    }),
  }
}

function hide(record: AuditRecord, keys: WriteKeys): StoredRecord {
  const personalOf = concernedBy(record)
  if (personalOf === null) return { ...record, personalOf: null, personalSealed: null }
  const hidden = { ...record, clientAddress: null, userAgent: null }
  const key = keys.get(personalOf)
  if (key === undefined) throw new Error('the key of a record is missing')
  if (key === null) return { ...hidden, personalOf: null, personalSealed: null }
  const clear = Buffer.from(JSON.stringify([record.clientAddress, record.userAgent]))
  return { ...hidden, personalOf, personalSealed: key.seal(clear, recordPurpose(record.id)) }
}

/** Opening a record costs about what so many steps of an evaluation do: a turn is some twenty of them. */
const stepsPerRecord = 5_000

function* showEach(
  records: readonly StoredRecord[],
  keyFor: (userId: string) => Envelope | undefined,
): Generator<number, AuditRecord[], void> {
  const shown: AuditRecord[] = []
  for (const { personalOf, personalSealed, ...record } of records) {
    const key = personalOf === null || personalSealed === null ? undefined : keyFor(personalOf)
    shown.push(
      key === undefined || personalSealed === null ? record : { ...record, ...opened(key, record.id, personalSealed) },
    )
    yield stepsPerRecord
  }
  return shown
}

function opened(key: Envelope, recordId: string, sealed: string): Pick<AuditRecord, 'clientAddress' | 'userAgent'> {
  const [clientAddress, userAgent] = JSON.parse(key.open(sealed, recordPurpose(recordId)).toString()) as [
    string | null,
    string | null,
  ]
  return { clientAddress, userAgent }
}
