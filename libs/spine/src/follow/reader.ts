/**
 * A reader that keeps what it follows in memory: floors at the gateway, a cache that must drop what changed. It holds
 * no cursor of its own; a start, a changed epoch or a gap behind retention means loading anew.
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { createFollower } from './follower.ts'
import type { FollowerOptions, Reader } from './following.ts'

export type { Reader } from './following.ts'

export type ReaderOptions = Pick<
  FollowerOptions,
  'name' | 'producer' | 'client' | 'nats' | 'log' | 'clock' | 'pollMs' | 'subjects'
> & {
  /** Applies events in the order of their positions; each at least once. */
  apply(events: EventEnvelope[]): Promise<void> | void
  /**
   * Replaces the whole state by the records of a snapshot. Swap only after the last record: a snapshot cut short throws
   * from the loop. Absent: the reader begins at the head, and `apply` sees only what happens from then on.
   */
  load?(records: AsyncIterable<object>): Promise<void>
  /** Name of the snapshot; `state` when absent. */
  view?: string
  /** Without `load`: events may have been missed, so whatever was derived from them must go. */
  onReset?(): void
}

export function createReader(o: ReaderOptions): Reader {
  return createFollower({
    ...o,
    begin: async () => undefined,
    load: async () => {
      if (o.load === undefined) {
        o.onReset?.()
        const { epoch, head } = await o.client.changes({ after: Number.MAX_SAFE_INTEGER })
        return { epoch, position: head }
      }
      const snapshot = await o.client.snapshot(o.view ?? 'state')
      await o.load(snapshot.records)
      return { epoch: snapshot.epoch, position: snapshot.position }
    },
    apply: async (events) => {
      if (events.length > 0) await o.apply(events)
    },
  })
}
