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
import { findKeys, findOrKeepKey, listKeysSealedOtherwise, replaceSealedKey } from '../store/audit-person-keys.ts'

/** Keys by person; null for one who was erased. To be forgotten where the transaction erases a person. */
export type TransactionKeys = Map<string, Envelope | null>

export type Whereabouts = {
  /** The record as it is kept. `keys`: of this transaction, for all its records; not yet known to be committed. */
  hide(tx: Queryable, record: AuditRecord, keys?: TransactionKeys): Promise<StoredRecord>
  /** The records as they were, but for people who were erased: of them nothing is known any more. */
  show(system: Db, records: readonly StoredRecord[]): Promise<AuditRecord[]>
  /** The keys of people, as what a new key-encryption key has to seal anew. */
  sealedKeys(system: Db): SealedKind
}

const mostKnownKeys = 10_000
const keyPurpose = (userId: string): string => `audit key ${userId}`
const recordPurpose = (recordId: string): string => `audit record ${recordId}`

/** @param envelope - of the key-encryption key */
export function createWhereabouts(envelope: Envelope): Whereabouts {
  /** Null: the person was erased. */
  const known = new LRUCache<string, { envelope: Envelope | null }>({ max: mostKnownKeys })
  const open = (userId: string, sealed: string): Envelope =>
    createEnvelope({ keys: [envelope.open(sealed, keyPurpose(userId))] })

  const keyOf = async (tx: Queryable, userId: string, keys: TransactionKeys): Promise<Envelope | null> => {
    const [found, mine] = [known.get(userId), keys.get(userId)]
    if (found) return found.envelope
    if (mine !== undefined) return mine
    const offered = envelope.seal(randomBytes(32), keyPurpose(userId))
    const { sealed, isNew } = await findOrKeepKey(tx, { userId, offered })
    const key = sealed === null ? null : open(userId, sealed)
    if (isNew) keys.set(userId, key)
    else known.set(userId, { envelope: key })
    return key
  }
  return {
    async hide(tx, record, keys = new Map()) {
      const { clientAddress, userAgent } = record
      const personalOf = personalOwnerOf(record)
      if (personalOf === null || (clientAddress === null && userAgent === null))
        return { ...record, personalOf: null, personalSealed: null }
      const key = await keyOf(tx, personalOf, keys)
      const hidden = { ...record, clientAddress: null, userAgent: null }
      if (key === null) return { ...hidden, personalOf: null, personalSealed: null }
      const clear = Buffer.from(JSON.stringify([clientAddress, userAgent]))
      return { ...hidden, personalOf, personalSealed: key.seal(clear, recordPurpose(record.id)) }
    },
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
