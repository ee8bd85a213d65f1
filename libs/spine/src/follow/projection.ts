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

export type ProjectionOptions = Pick<
  FollowerOptions,
  'producer' | 'client' | 'nats' | 'log' | 'clock' | 'pollMs' | 'subjects'
> & {
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
/** How far the stored place may stay behind the known one while nothing that is wanted happens. */
const mostUnstored = 1000

/** Everything wanted up to `upTo` that lies behind the stored place. `careful`: what fails is parked. */
type Chunk = Place & { events: EventEnvelope[]; behind: number; careful: boolean }

export function createProjection(o: ProjectionOptions): Projection {
  const target = { projection: o.name, producer: o.producer }
  const store = createProjectionStore({ ...target, system: o.system })
  const parked = createParkedSet(o, store)
  const applying = createApplying(o, store, parked)
  const begin = async (): Promise<Place | undefined> => {
    const cursor = await store.findCursor()
    if (cursor === undefined || cursor.epoch === null) return undefined
    // Other replicas may have gone on without us, before we began as well: our caches never heard of their events.
    if (applying.stored()?.position !== cursor.position) o.onReset?.()
    parked.sawRevision(cursor.parkedRevision)
    return applying.standAt({ epoch: cursor.epoch, position: cursor.position })
  }
  const load = async (): Promise<Place> => {
    const place = applying.standAt(await loadCopy(o, store))
    // What was parked has gone with the copy that was replaced.
    parked.sawRevision(undefined)
    o.onReset?.()
    return place
  }
  return {
    ...createFollower({ ...o, begin, load, apply: applying.apply, onProving: parked.refresh }),
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
      parked.sawRevision(undefined)
      await parked.refresh()
      o.onApplied?.(replayed)
      return replayed.length
    },
  }
}

/** Applies what is wanted, chunk by chunk, and moves the stored place for it. */
function createApplying(o: ProjectionOptions, store: ProjectionStore, parked: ParkedSet) {
  /**
   * As stored, by us or another replica, when we last looked: our caches know what lies before it, and nothing wanted
   * came since.
   */
  let stored: Place | undefined

  const applyUpTo = async (events: EventEnvelope[], upTo: number) => {
    if (stored === undefined) throw new Error(`${o.name} does not know where it stands`)
    const { epoch, position: behind } = stored
    const chunk = { epoch, behind, events, position: upTo }
    // Savepoints cost a round trip each, so they are only set once something in the chunk has failed.
    await applyChunk(o, store, parked, { ...chunk, careful: false }).catch(() =>
      applyChunk(o, store, parked, { ...chunk, careful: true }),
    )
    stored = { epoch, position: upTo }
  }
  const apply = async (events: EventEnvelope[], upTo: number): Promise<void> => {
    for (let at = 0; at < events.length; at += chunkSize) {
      const chunk = events.slice(at, at + chunkSize)
      await applyUpTo(chunk, at + chunkSize < events.length ? (chunk.at(-1)?.position ?? upTo) : upTo)
    }
    if (events.length > 0) o.onApplied?.(events)
    else if (upTo - (stored?.position ?? upTo) >= mostUnstored) await applyUpTo([], upTo)
  }
  return {
    apply,
    stored: () => stored,
    standAt: (place: Place): Place => (stored = place),
  }
}

async function applyChunk(
  o: ProjectionOptions,
  store: ProjectionStore,
  parked: ParkedSet,
  chunk: Chunk,
): Promise<void> {
  const revision = await inScope(o.system, {}, async (tx) => {
    const cursor = await store.lockCursor(tx)
    if (cursor.epoch !== chunk.epoch || cursor.position < chunk.behind)
      throw new Error(`${o.name} stands elsewhere than this replica believed`)
    if (cursor.position >= chunk.position) return cursor.parkedRevision
    const isParkedChanged = await applyOrPark(tx, {
      projection: o.name,
      events: chunk.events.filter((event) => event.position > cursor.position),
      careful: chunk.careful,
      parked: await parked.listAt(tx, cursor.parkedRevision),
      apply: o.apply,
    })
    await store.moveCursor(tx, { epoch: chunk.epoch, position: chunk.position, isParkedChanged })
    return cursor.parkedRevision + (isParkedChanged ? 1 : 0)
  })
  parked.sawRevision(revision)
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

type ParkedSet = ReturnType<typeof createParkedSet>

/**
 * What is parked, as of the last poll. Every change of it gives the projection's row another revision, which is seen
 * whenever that row is read or moved; only while something is parked does the poll look for it, since the replay may be
 * another replica's. An aggregate that another replica has healed may be cached here as it was.
 */
function createParkedSet(o: ProjectionOptions, store: ProjectionStore) {
  let known: { revision: number; aggregates: ReadonlySet<string> } | undefined
  let latest: number | undefined
  const isKnown = () => known !== undefined && known.revision === latest
  return {
    has: (aggregateId: string) =>
      known !== undefined && known.aggregates.size > 0 && known.aggregates.has(uuidOf(aggregateId)),
    /** Of the row as it was seen; undefined: it may be another one by now. */
    sawRevision: (revision: number | undefined) => {
      latest = revision
    },
    /** What is parked at `revision`, for the transaction that has locked the row. */
    listAt: async (tx: Tx, revision: number): Promise<ReadonlySet<string>> =>
      known?.revision === revision ? known.aggregates : new Set(await listParkedAggregates(tx, o.name)),
    refresh: async () => {
      if (isKnown() && known?.aggregates.size === 0) return
      const cursor = await store.findCursor()
      if (cursor === undefined || cursor.parkedRevision === known?.revision) {
        latest = cursor?.parkedRevision
        return
      }
      const aggregates = new Set(await listParkedAggregates(o.system, o.name))
      const isHealed = [...(known?.aggregates ?? [])].some((aggregate) => !aggregates.has(aggregate))
      known = { revision: cursor.parkedRevision, aggregates }
      latest = cursor.parkedRevision
      if (isHealed) o.onReset?.()
    },
  }
}
