/**
 * The state of a producer as of a position, from one REPEATABLE READ transaction. Every event up to the position had
 * committed before it was sequenced, so the snapshot contains it. Events that committed but had no position yet may be
 * contained too: they are delivered later and their versions make that harmless.
 */
import { sql } from 'drizzle-orm'
import type { Db, Tx } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'

/** Emits each record of a view; `emit` resolves when the reader wants more. Reads through `tx` only. */
export type SnapshotView = (emit: (record: object) => Promise<void>, tx: Tx) => Promise<void>
export type SnapshotViews = Readonly<Record<string, SnapshotView>>

/** Of one query, and of one pause of the reader. A snapshot is rare and long; it holds no lock. */
const timeLimit = '60s'

const readerLeft = () => new Error('the reader left')

/**
 * The lines of a snapshot: `{epoch, position}`, the records, `{"end": true}`. Leaving the loop early rolls the
 * transaction back.
 */
export async function* snapshotLines(o: { system: Db; view: SnapshotView }): AsyncGenerator<object> {
  const exchange = handOver()
  const producing = o.system
    .transaction(
      async (tx) => {
        await tx.execute(
          sql`select set_config('statement_timeout', ${timeLimit}, true),
            set_config('idle_in_transaction_session_timeout', ${timeLimit}, true)`,
        )
        const [head] = rowsOf<{ epoch: string; position: string }>(
          await tx.execute(sql`select epoch, position from spine_head`),
        )
        await exchange.put({ epoch: head?.epoch, position: Number(head?.position) })
        await o.view(exchange.put, tx)
        await exchange.put({ end: true })
      },
      { isolationLevel: 'repeatable read', accessMode: 'read only' },
    )
    .then(
      () => exchange.finish(),
      (error: unknown) => exchange.finish(error),
    )
  try {
    for (;;) {
      const next = await exchange.take()
      if (next === undefined) return
      yield next
    }
  } finally {
    exchange.leave()
    await producing
  }
}

/** One object at a time from the transaction to the reader: a slow reader slows the query, it never fills memory. */
function handOver() {
  let left = false
  let finished: { error?: unknown } | undefined
  let offered: { value: object; taken(): void; refused(error: Error): void } | undefined
  let wanted: (() => void) | undefined
  return {
    put: (value: object): Promise<void> => {
      if (left) return Promise.reject(readerLeft())
      return new Promise((taken, refused) => {
        offered = { value, taken, refused }
        wanted?.()
      })
    },
    take: async (): Promise<object | undefined> => {
      while (offered === undefined && finished === undefined) await new Promise<void>((resolve) => (wanted = resolve))
      if (offered !== undefined) {
        const { value, taken } = offered
        offered = undefined
        taken()
        return value
      }
      if (finished?.error !== undefined) throw finished.error
      return undefined
    },
    finish: (error?: unknown) => {
      finished = error === undefined ? {} : { error }
      wanted?.()
    },
    leave: () => {
      left = true
      offered?.refused(readerLeft())
    },
  }
}
