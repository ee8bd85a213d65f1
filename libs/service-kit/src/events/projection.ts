/**
 * A projection keeps a copy of another service's facts in this service's schema. Its place (producer, epoch, position) moves in the transaction
 * that applies the events, under a lock, so each event is applied once whichever replica sees it first; every replica follows and proves
 * currency for itself. It never skips: an event that cannot be applied is parked with the later ones of its aggregate (parking.ts).
 */
import { sql } from 'drizzle-orm'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { uuidOf } from '../ids/type-id.ts'
import { isAppError } from '../errors/app-error.ts'
import type { Db, Tx } from '../postgres/connect.ts'
import { inScope, rowsOf } from '../postgres/transaction.ts'
import { createFollower } from './follower.ts'
import type { FollowerOptions, Place, Reader } from './following.ts'
import { applyOrPark, listParkedAggregates, replayParkedEvents } from './parking.ts'

export type ProjectionOptions = Pick<FollowerOptions, 'producer' | 'client' | 'nats' | 'log' | 'clock' | 'pollMs'> & {
  /** `<service>--<what>`, as `authz--orgs`. */
  name: string
  system: Db
  /** Applies one event inside the transaction that moves the place; ignores versions it already has. */
  apply(tx: Tx, event: EventEnvelope): Promise<void>
  /** Replaces the copy by the records of a snapshot. Absent: the projection is built from the first event and cannot survive a gap. */
  reset?(tx: Tx, records: AsyncIterable<object>): Promise<void>
  /** Name of the snapshot; `state` when absent. */
  view?: string
  /** On every replica, after the events were applied by whichever: drop what was cached of them. */
  onApplied?(events: EventEnvelope[]): void
  /** On every replica: anything may have changed, drop every cache. */
  onReset?(): void
}

export type Projection = Reader & {
  /** Whether events of this aggregate wait to be replayed: what is known of it is old, answer `not_current`. As of the last poll. */
  isParked(aggregateId: string): Promise<boolean>
  /** Applies parked events again, of one aggregate or of all, each aggregate up to its first failure; how many were applied. */
  replayParked(aggregateId?: string): Promise<number>
}

/** Events of one transaction; bounds how long other replicas wait for the place. */
const chunkSize = 100

type Cursor = { epoch: string | null; position: number; parkedRevision: number }

export function createProjection(o: ProjectionOptions): Projection {
  const target = { projection: o.name, producer: o.producer }
  let parked = new Set<string>()
  let parkedRevision = -1
  let seenPosition: number | undefined

  const lockCursor = async (tx: Tx): Promise<Cursor> => {
    await tx.execute(sql`insert into projection_cursors (projection, producer) values (${o.name}, ${o.producer}) on conflict do nothing`)
    return (await readCursor(tx, sql`for update`)) as Cursor
  }
  const readCursor = async (db: Pick<Db, 'execute'>, lock = sql``): Promise<Cursor | undefined> => {
    const [row] = rowsOf<{ epoch: string | null; position: string; parked_revision: string }>(
      await db.execute(sql`select epoch, position, parked_revision from projection_cursors where projection = ${o.name} and producer = ${o.producer} ${lock}`),
    )
    return row && { epoch: row.epoch, position: Number(row.position), parkedRevision: Number(row.parked_revision) }
  }
  const moveCursor = (tx: Tx, to: { epoch: string; position: number; parkedMore: boolean }) =>
    tx.execute(sql`update projection_cursors set epoch = ${to.epoch}, position = ${to.position}, updated_at = now(),
      parked_revision = parked_revision + ${to.parkedMore ? 1 : 0} where projection = ${o.name} and producer = ${o.producer}`)

  /** What other replicas parked or replayed; an aggregate that is healed may be cached as it was before. */
  const refreshParked = async () => {
    const cursor = await readCursor(o.system)
    if (cursor === undefined || cursor.parkedRevision === parkedRevision) return
    const now = new Set(await listParkedAggregates(o.system, o.name))
    const isHealed = [...parked].some((aggregate) => !now.has(aggregate))
    parked = now
    parkedRevision = cursor.parkedRevision
    if (isHealed) o.onReset?.()
  }

  const applyChunk = async (events: EventEnvelope[], careful: boolean) => {
    const first = events[0] as EventEnvelope
    await inScope(o.system, {}, async (tx) => {
      const cursor = await lockCursor(tx)
      if (cursor.epoch !== first.epoch || cursor.position < first.position - 1) throw new Error(`${o.name} stands elsewhere than this replica believed`)
      const fresh = events.filter((event) => event.position > cursor.position)
      const last = fresh.at(-1)
      if (last === undefined) return
      const parkedMore = await applyOrPark(tx, { ...target, events: fresh, careful, apply: o.apply })
      await moveCursor(tx, { epoch: last.epoch, position: last.position, parkedMore })
    })
  }
  const apply = async (events: EventEnvelope[]) => {
    for (let at = 0; at < events.length; at += chunkSize) {
      const chunk = events.slice(at, at + chunkSize)
      // Savepoints cost a round trip each, so they are only set once something in the chunk has failed.
      await applyChunk(chunk, false).catch(() => applyChunk(chunk, true))
    }
    seenPosition = events.at(-1)?.position
    o.onApplied?.(events)
  }

  const begin = async (): Promise<Place | undefined> => {
    const cursor = await readCursor(o.system)
    if (cursor?.epoch == null) return undefined
    // Other replicas may have gone on without us: their events were never announced to our caches.
    if (seenPosition !== undefined && seenPosition !== cursor.position) o.onReset?.()
    seenPosition = cursor.position
    return { epoch: cursor.epoch, position: cursor.position }
  }
  const load = async (): Promise<Place> => {
    const place = await inScope(o.system, {}, async (tx): Promise<Place> => {
      const cursor = await lockCursor(tx)
      const kept = await stillValid(cursor)
      if (kept !== undefined) return kept
      const { place, records } = await startingPoint(cursor)
      if (o.reset !== undefined && records !== undefined) await o.reset(tx, records)
      await tx.execute(sql`delete from parked_events where projection = ${o.name}`)
      await moveCursor(tx, { ...place, parkedMore: true })
      return place
    })
    seenPosition = place.position
    o.onReset?.()
    return place
  }
  /** While we waited for the lock another replica may have loaded what we came for. */
  const stillValid = async ({ epoch, position }: Cursor): Promise<Place | undefined> => {
    if (epoch === null) return undefined
    try {
      const page = await o.client.changes({ after: position, epoch, limit: 1 })
      return page.epoch === epoch && page.head >= position ? { epoch, position } : undefined
    } catch (error) {
      if (isAppError(error, 'gone')) return undefined
      throw error
    }
  }
  const startingPoint = async (cursor: Cursor) => {
    if (o.reset !== undefined) {
      const { epoch, position, records } = await o.client.snapshot(o.view ?? 'state')
      return { place: { epoch, position }, records }
    }
    if (cursor.epoch !== null) throw new Error(`${o.name} has lost its place and has no snapshot to load`)
    const { epoch } = await o.client.changes({ after: 0, limit: 1 })
    return { place: { epoch, position: 0 }, records: undefined }
  }

  const follower = createFollower({ ...o, begin, load, apply, onPolled: refreshParked })
  return {
    ...follower,
    isParked: async (aggregateId) => parked.has(uuidOf(aggregateId)),
    replayParked: async (aggregateId) => {
      const replayed = await replayParkedEvents(o.system, { ...target, lock: lockCursor, apply: o.apply, ...(aggregateId === undefined ? {} : { aggregate: uuidOf(aggregateId) }) })
      await refreshParked()
      o.onApplied?.(replayed)
      return replayed.length
    },
  }
}
