/**
 * How a reader asks a producer: the events after a position, and the state as of a position. The same two questions
 * over HTTP and, for a service that follows itself, in process.
 */
import { changesRoute, type ChangesPage } from '@gatehouse/contracts/http/spine/changes'
import { snapshotPath } from '@gatehouse/contracts/http/spine/snapshot'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { ServiceClient } from '@gatehouse/access/call/service-client'

export type { ChangesPage }

/** Who asks for what comes after it is told the head alone. */
export const afterEverything = Number.MAX_SAFE_INTEGER

/**
 * `subjects`: event types, or a prefix ending in `.>`. `orOldest`: when `after` is behind retention, begin with the
 * oldest event that is kept instead of being told `gone`.
 */
export type ChangesQuery = {
  after: number
  epoch?: string
  limit?: number
  subjects?: readonly string[]
  orOldest?: boolean
}

/** State as of `position`. `records` throws when the producer stopped before its end. */
export type Snapshot = { epoch: string; position: number; records: AsyncIterable<object> }

export type SpineClient = {
  /** @throws AppError `gone` when `after` is behind retention. */
  changes(query: ChangesQuery): Promise<ChangesPage>
  /** Read `records` to the end or leave the loop: either frees the producer. */
  snapshot(view: string): Promise<Snapshot>
}

/** Asks the producer `http` calls, under this service's assertion. */
export function createSpineClient(http: ServiceClient): SpineClient {
  const changes = changesRoute(http.target)
  return {
    changes: ({ after, epoch, limit, subjects, orOldest }) =>
      http.call(changes, {
        query: {
          after,
          ...(epoch === undefined ? {} : { epoch }),
          ...(limit === undefined ? {} : { limit }),
          ...(orOldest === true ? { behind: 'oldest' as const } : {}),
          ...(subjects === undefined ? {} : { subjects: subjects.join(',') }),
        },
      }),
    snapshot: (view) => readSnapshot(http.stream(snapshotPath, { query: { view } })),
  }
}

/** Reads the header line; the rest are records until `{ "end": true }`. */
export async function readSnapshot(lines: AsyncIterable<unknown>): Promise<Snapshot> {
  const iterator = lines[Symbol.asyncIterator]()
  const first = await iterator.next()
  const header = first.done ? undefined : (first.value as { epoch?: unknown; position?: unknown })
  if (typeof header?.epoch !== 'string' || typeof header.position !== 'number') throw cutShort()
  return { epoch: header.epoch, position: header.position, records: recordsOf(iterator) }
}

async function* recordsOf(iterator: AsyncIterator<unknown>): AsyncGenerator<object> {
  try {
    for (;;) {
      const next = await iterator.next()
      if (next.done) throw cutShort()
      const record = next.value as { end?: unknown }
      if (record.end === true) return
      yield record
    }
  } finally {
    await iterator.return?.()
  }
}

const cutShort = () => problem('upstream_failed', { internal: 'a snapshot was cut short' })
