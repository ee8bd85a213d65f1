/**
 * A projection keeps a copy of another service's facts in this service's schema. Its place (producer, epoch, position)
 * moves in the transaction that applies the events, under a lock, so each event is applied once whichever replica sees
 * it first; every replica follows and proves freshness for itself. It never skips: an event that cannot be applied is
 * parked with the later ones of its aggregate (parking.ts).
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { isAppError } from '@gatehouse/service-kit/errors/app-error'
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Db, Tx } from '@gatehouse/service-kit/postgres/connect'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import { createFollower } from './follower.ts'
import type { FollowerOptions, Place, Reader } from './following.ts'
import { applyOrPark, listParkedAggregates, replayParkedEvents } from './parking.ts'
import { createProjectionStore, type ProjectionCursor, type ProjectionStore } from './projection-store.ts'

export type ProjectionOptions = Pick<FollowerOptions, 'producer' | 'client' | 'nats' | 'log' | 'clock' | 'pollMs'> & {
  /** `<service>--<what>`, as `authz--orgs`. */
  name: string
  system: Db
  /** Applies one event inside the transaction that moves the place; ignores versions it already has. */
  apply(tx: Tx, event: EventEnvelope): Promise<void>
  /** Replaces the copy by a snapshot's records. Absent: it is built from the first event and cannot survive a gap. */
  reset?(tx: Tx, records: AsyncIterable<object>): Promise<void>
  /** Name of the snapshot; `state` when absent. */
  view?: string
  /** On every replica, after the events were applied by whichever: drop what was cached of them. */
  onApplied?(events: EventEnvelope[]): void
  /** On every replica: anything may have changed, drop every cache. */
  onReset?(): void
}

export type Projection = Reader & {
  readonly name: string
  /** Whether events of this aggregate wait to be replayed: what is known of it is old. As of the last poll. */
  isParked(aggregateId: string): boolean
  /**
   * Applies parked events again, of one aggregate or of all, each up to its first failure; how many were applied.
   * `note` writes down, in the transaction of an aggregate, what was applied of it.
   */
  replayParked(
    aggregateId?: string,
    note?: (tx: Tx, applied: readonly EventEnvelope[]) => Promise<void>,
  ): Promise<number>
}

/** Events of one transaction; bounds how long other replicas wait for the place. */
const chunkSize = 100

export function createProjection(o: ProjectionOptions): Projection {
  const target = { projection: o.name, producer: o.producer }
  const store = createProjectionStore({ ...target, system: o.system })
  const parked = createParkedSet(o, store)
  let seenPosition: number | undefined

  const apply = async (events: EventEnvelope[]) => {
    for (let at = 0; at < events.length; at += chunkSize) {
      const chunk = events.slice(at, at + chunkSize)
      // Savepoints cost a round trip each, so they are only set once something in the chunk has failed.
      await applyChunk(o, store, { events: chunk, careful: false }).catch(() =>
        applyChunk(o, store, { events: chunk, careful: true }),
      )
    }
    seenPosition = events.at(-1)?.position
    o.onApplied?.(events)
  }
  const begin = async (): Promise<Place | undefined> => {
    const cursor = await store.findCursor()
    if (cursor === undefined || cursor.epoch === null) return undefined
    // Other replicas may have gone on without us, before we began as well: our caches never heard of their events.
    if (seenPosition !== cursor.position) o.onReset?.()
    seenPosition = cursor.position
    return { epoch: cursor.epoch, position: cursor.position }
  }
  const load = async (): Promise<Place> => {
    const place = await loadCopy(o, store)
    seenPosition = place.position
    o.onReset?.()
    return place
  }
  return {
    ...createFollower({ ...o, begin, load, apply, onPolled: parked.refresh }),
    name: o.name,
    isParked: (aggregateId) => parked.has(aggregateId),
    replayParked: async (aggregateId, note) => {
      const aggregate = aggregateId === undefined ? {} : { aggregate: uuidOf(aggregateId) }
      const replayed = await replayParkedEvents(o.system, {
        ...target,
        ...aggregate,
        lock: store.lockCursor,
        apply: o.apply,
        note,
      })
      await parked.refresh()
      o.onApplied?.(replayed)
      return replayed.length
    },
  }
}

async function applyChunk(
  o: ProjectionOptions,
  store: ProjectionStore,
  chunk: { events: EventEnvelope[]; careful: boolean },
): Promise<void> {
  const [first] = chunk.events
  await inScope(o.system, {}, async (tx) => {
    const cursor = await store.lockCursor(tx)
    if (first === undefined || cursor.epoch !== first.epoch || cursor.position < first.position - 1)
      throw new Error(`${o.name} stands elsewhere than this replica believed`)
    const fresh = chunk.events.filter((event) => event.position > cursor.position)
    const last = fresh.at(-1)
    if (last === undefined) return
    const isParkedChanged = await applyOrPark(tx, {
      projection: o.name,
      events: fresh,
      careful: chunk.careful,
      apply: o.apply,
    })
    await store.moveCursor(tx, { epoch: last.epoch, position: last.position, isParkedChanged })
  })
}

/** One replica loads, in one transaction; the others wait for its lock and find the work done. */
async function loadCopy(o: ProjectionOptions, store: ProjectionStore): Promise<Place> {
  return inScope(o.system, {}, async (tx) => {
    const cursor = await store.lockCursor(tx)
    const kept = await stillValid(o, cursor)
    if (kept !== undefined) return kept
    const { place, records } = await startingPoint(o, cursor)
    if (o.reset !== undefined && records !== undefined) await o.reset(tx, records)
    await store.deleteParked(tx)
    await store.moveCursor(tx, { ...place, isParkedChanged: true })
    return place
  })
}

async function stillValid(o: ProjectionOptions, { epoch, position }: ProjectionCursor): Promise<Place | undefined> {
  if (epoch === null) return undefined
  try {
    const page = await o.client.changes({ after: position, epoch, limit: 1 })
    return page.epoch === epoch && page.head >= position ? { epoch, position } : undefined
  } catch (error) {
    if (isAppError(error, 'gone')) return undefined
    throw error
  }
}

async function startingPoint(
  o: ProjectionOptions,
  cursor: ProjectionCursor,
): Promise<{ place: Place; records?: AsyncIterable<object> }> {
  if (o.reset !== undefined) {
    const { epoch, position, records } = await o.client.snapshot(o.view ?? 'state')
    return { place: { epoch, position }, records }
  }
  if (cursor.epoch !== null) throw new Error(`${o.name} has lost its place and has no snapshot to load`)
  const { epoch } = await o.client.changes({ after: 0, limit: 1 })
  return { place: { epoch, position: 0 } }
}

/** What is parked, as of the last poll. An aggregate that another replica has healed may be cached here as it was. */
function createParkedSet(o: ProjectionOptions, store: ProjectionStore) {
  let aggregates = new Set<string>()
  let revision = -1
  return {
    has: (aggregateId: string) => aggregates.size > 0 && aggregates.has(uuidOf(aggregateId)),
    refresh: async () => {
      const cursor = await store.findCursor()
      if (cursor === undefined || cursor.parkedRevision === revision) return
      const now = new Set(await listParkedAggregates(o.system, o.name))
      const isHealed = [...aggregates].some((aggregate) => !now.has(aggregate))
      aggregates = now
      revision = cursor.parkedRevision
      if (isHealed) o.onReset?.()
    },
  }
}
