/**
 * Gives committed events their contiguous positions. Any replica may: the row of `spine_head` is lock and counter, and
 * what is already sequenced is never touched. Asking is cheap when there is nothing to do, so every writer, every
 * reader's poll and a sweep ask.
 */
import { setTimeout } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { coalesce } from '@gatehouse/service-kit/concurrency/coalesce'

export type Head = { epoch: string; head: number }

export type Sequencer = {
  /**
   * Everything committed before the call has a position; the head and epoch as of then. Concurrent calls share runs.
   */
  sequence(): Promise<Head>
  /** The same for those who can wait a moment: whoever asks within it shares its run. */
  sequenceTogether(): Promise<Head>
  /** The same, unless somebody has asked since the last sweep. */
  sweep(): Promise<unknown>
}

/** Within this time those who ask at the same moment by the clock have asked, whichever process they are in. */
const togetherMs = 5

/** Rows of one locking transaction; bounds how long other writers' sequencing waits. */
const batch = 1000

/** `onHead` is told the head of every run, whichever replica gave out its positions. */
export function createSequencer(o: { system: Db; onHead(head: Head): void }): Sequencer {
  let isRecent = false
  const run = async (): Promise<Head> => {
    for (;;) {
      const [row] = rowsOf<{ epoch: string; head: string; sequenced: number }>(
        await o.system.execute(sql`select epoch, head, sequenced from sequence_outbox(${batch})`),
      )
      if (row === undefined) throw new Error('spine_head has no row')
      const head = { epoch: row.epoch, head: Number(row.head) }
      o.onHead(head)
      isRecent = true
      if (row.sequenced < batch) return head
    }
  }
  const sequence = coalesce(run)
  let together: Promise<Head> | undefined
  return {
    sequence,
    sequenceTogether: () =>
      (together ??= setTimeout(togetherMs).then(() => {
        together = undefined
        return sequence()
      })),
    sweep: async () => {
      if (!isRecent) await sequence()
      isRecent = false
    },
  }
}
