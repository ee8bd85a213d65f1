/**
 * Deliveries: one row per event and endpoint. About one thing an endpoint has one pending delivery, the earliest that
 * waits; the next begins in the transaction that settles it. Whoever begins one holds the lock of endpoint and thing,
 * so the order is that of the events.
 */
import { newId, typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { sql, type SQL } from 'drizzle-orm'
import { utc } from './webhook-endpoints.ts'

export type DeliveryState = 'waiting' | 'pending' | 'delivered' | 'failed'

type NewDelivery = {
  endpointId: string
  /** Of the endpoint; null: the platform's. */
  orgId: string | null
  eventId: string
  eventType: string
  orderingKey: string
  payload: Record<string, unknown>
}

/** The new delivery; undefined when this event has one for the endpoint. */
export async function insertDelivery(db: Queryable, o: NewDelivery): Promise<string | undefined> {
  const id = newId('whd')
  const rows = rowsOf(
    await db.execute(sql`
      insert into webhook_deliveries (id, endpoint_id, org_id, event_id, event_type, ordering_key, payload)
      values (${uuidOf(id)}, ${uuidOf(o.endpointId, 'whk')}, ${o.orgId && uuidOf(o.orgId, 'org')},
        ${uuidOf(o.eventId, 'evt')},
        ${o.eventType},
        ${o.orderingKey}, ${JSON.stringify(o.payload)}::jsonb)
      on conflict (endpoint_id, event_id) do nothing returning 1`),
  )
  return rows.length === 1 ? id : undefined
}

export type Lane = { endpointId: string; orderingKey: string }
export type Begun = { id: string; eventId: string; run: number }

/** Makes the earliest waiting delivery of a lane the pending one, unless one is pending. */
export async function beginNext(db: Queryable, { endpointId, orderingKey }: Lane): Promise<Begun | undefined> {
  const endpoint = uuidOf(endpointId, 'whk')
  await db.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`${endpointId} ${orderingKey}`}, 1))`)
  const [row] = rowsOf<{ id: string; event_id: string; run: number }>(
    await db.execute(sql`
      update webhook_deliveries set state = 'pending', run = run + 1, settled_at = null where id = (
        select id from webhook_deliveries
        where endpoint_id = ${endpoint} and ordering_key = ${orderingKey} and state = 'waiting'
        order by seq limit 1)
      and not exists (
        select from webhook_deliveries p
        where p.endpoint_id = ${endpoint} and p.ordering_key = ${orderingKey} and p.state = 'pending')
      returning id, event_id, run`),
  )
  return row && { id: typeIdOf('whd', row.id), eventId: typeIdOf('evt', row.event_id), run: row.run }
}

export async function setJob(db: Queryable, { id, jobId }: { id: string; jobId: string }): Promise<void> {
  await db.execute(sql`update webhook_deliveries set job_id = ${uuidOf(jobId)} where id = ${uuidOf(id, 'whd')}`)
}

export type DueDelivery = Lane & {
  id: string
  orgId: string | null
  eventId: string
  payload: Record<string, unknown>
  isEndpointActive: boolean
  url: string
  secretsSealed: string[]
}

type DueRow = {
  endpoint_id: string
  ordering_key: string
  org_id: string | null
  event_id: string
  payload: Record<string, unknown>
  status: string
  url: string
  secret_sealed: string
  previous: string | null
}

/** A pending delivery with what sending it needs; undefined when it is not pending any more. */
export async function findDueDelivery(db: Queryable, id: string): Promise<DueDelivery | undefined> {
  const [row] = rowsOf<DueRow>(
    await db.execute(sql`
      select d.endpoint_id, d.ordering_key, d.org_id, d.event_id, d.payload, e.status, e.url, e.secret_sealed,
        case when e.previous_secret_until > now() then e.previous_secret_sealed end as previous
      from webhook_deliveries d join webhook_endpoints e on e.id = d.endpoint_id
      where d.id = ${uuidOf(id, 'whd')} and d.state = 'pending'`),
  )
  if (row === undefined) return undefined
  return {
    id,
    endpointId: typeIdOf('whk', row.endpoint_id),
    orderingKey: row.ordering_key,
    orgId: row.org_id && typeIdOf('org', row.org_id),
    eventId: typeIdOf('evt', row.event_id),
    payload: row.payload,
    isEndpointActive: row.status === 'active',
    url: row.url,
    secretsSealed: [row.secret_sealed, ...(row.previous === null ? [] : [row.previous])],
  }
}

export type NewAttempt = {
  deliveryId: string
  orgId: string | null
  status: number | null
  responseBody: string | null
  error: string | null
  durationMs: number
}

export async function recordAttempt(db: Queryable, o: NewAttempt): Promise<void> {
  await db.execute(sql`
    insert into webhook_attempts (id, delivery_id, org_id, duration_ms, status, response_body, error)
    values (${uuidOf(newId('wha'))}, ${uuidOf(o.deliveryId, 'whd')}, ${o.orgId && uuidOf(o.orgId, 'org')},
      ${o.durationMs}, ${o.status}, ${o.responseBody}, ${o.error})`)
  await db.execute(sql`
    update webhook_deliveries set attempts = attempts + 1, last_status = ${o.status}, last_error = ${o.error}
    where id = ${uuidOf(o.deliveryId, 'whd')}`)
}

/** False when it was settled before. */
export async function settleDelivery(
  db: Queryable,
  { id, state, error }: { id: string; state: 'delivered' | 'failed'; error?: string },
): Promise<boolean> {
  const rows = rowsOf(
    await db.execute(sql`
      update webhook_deliveries
      set state = ${state}, settled_at = now(), last_error = coalesce(${error ?? null}::text, last_error)
      where id = ${uuidOf(id, 'whd')} and state = 'pending' returning 1`),
  )
  return rows.length === 1
}

/** Gives up what has not been delivered to an endpoint that was disabled. */
export async function giveUpAll(db: Queryable, endpointId: string): Promise<void> {
  await db.execute(sql`
    update webhook_deliveries set state = 'failed', settled_at = now(), last_error = 'the endpoint was disabled'
    where endpoint_id = ${uuidOf(endpointId, 'whk')} and state in ('waiting', 'pending')`)
}

/** Gives up deliveries whose job died without settling them; their lanes. */
export async function giveUpAbandoned(db: Queryable, limit: number): Promise<Lane[]> {
  const rows = rowsOf<{ endpoint_id: string; ordering_key: string }>(
    await db.execute(sql`
      update webhook_deliveries d
      set state = 'failed', settled_at = now(), last_error = coalesce(j.last_error, 'given up')
      from job_ledger j where j.id = d.job_id and j.state in ('dead', 'done') and d.state = 'pending' and d.id in (
        select id from webhook_deliveries where state = 'pending' limit ${limit})
      returning d.endpoint_id, d.ordering_key`),
  )
  return rows.map((row) => ({ endpointId: typeIdOf('whk', row.endpoint_id), orderingKey: row.ordering_key }))
}

/** Lets settled deliveries wait again, oldest first; their lanes, one for each. */
export async function waitAgain(db: Queryable, endpointId: string, which: SQL, limit: number): Promise<Lane[]> {
  const rows = rowsOf<{ ordering_key: string }>(
    await db.execute(sql`
      update webhook_deliveries set state = 'waiting', settled_at = null where id in (
        select id from webhook_deliveries
        where endpoint_id = ${uuidOf(endpointId, 'whk')} and state in ('delivered', 'failed') and ${which}
        order by seq limit ${limit})
      returning ordering_key`),
  )
  return rows.map((row) => ({ endpointId, orderingKey: row.ordering_key }))
}

export const isDelivery = (id: string): SQL => sql`id = ${uuidOf(id, 'whd')}`
export const failedWithin = (from: string, to: string): SQL =>
  sql`state = 'failed' and created_at >= ${from}::timestamptz and created_at < ${to}::timestamptz`

export type Delivery = {
  id: string
  eventType: string
  state: DeliveryState
  attempts: number
  lastStatus: number | null
  lastError: string | null
  createdAt: string
  settledAt: string | null
}

type Row = {
  id: string
  event_type: string
  state: DeliveryState
  attempts: number
  last_status: number | null
  last_error: string | null
  created_at: string
  settled_at: string | null
}

const columns = sql`id, event_type, state, attempts, last_status, last_error,
  ${utc(sql`created_at`)} as created_at, ${utc(sql`settled_at`)} as settled_at`

const deliveryOf = (row: Row): Delivery => ({
  id: typeIdOf('whd', row.id),
  eventType: row.event_type,
  state: row.state,
  attempts: row.attempts,
  lastStatus: row.last_status,
  lastError: row.last_error,
  createdAt: row.created_at,
  settledAt: row.settled_at,
})

type DeliveryFilter = {
  endpointId: string
  limit: number
  afterId: string | undefined
  state: DeliveryState | undefined
}

/** Newest first, at most `limit`. */
export async function listDeliveries(db: Queryable, o: DeliveryFilter): Promise<Delivery[]> {
  const after = o.afterId === undefined ? sql`` : sql`and id < ${uuidOf(o.afterId, 'whd')}`
  const state = o.state === undefined ? sql`` : sql`and state = ${o.state}`
  const rows = rowsOf<Row>(
    await db.execute(sql`
      select ${columns} from webhook_deliveries where endpoint_id = ${uuidOf(o.endpointId, 'whk')} ${after} ${state}
      order by id desc limit ${o.limit}`),
  )
  return rows.map(deliveryOf)
}

export type Attempt = {
  at: string
  duration_ms: number
  status: number | null
  response_body: string | null
  error: string | null
}

export async function findDelivery(
  db: Queryable,
  o: { endpointId: string; id: string },
): Promise<{ delivery: Delivery; payload: Record<string, unknown>; log: Attempt[] } | undefined> {
  const [row] = rowsOf<Row & { payload: Record<string, unknown> }>(
    await db.execute(sql`
      select ${columns}, payload from webhook_deliveries
      where id = ${uuidOf(o.id, 'whd')} and endpoint_id = ${uuidOf(o.endpointId, 'whk')}`),
  )
  if (row === undefined) return undefined
  const log = rowsOf<Attempt>(
    await db.execute(sql`
      select ${utc(sql`at`)} as at, duration_ms, status, response_body, error from webhook_attempts
      where delivery_id = ${uuidOf(o.id, 'whd')} order by id limit 100`),
  )
  return { delivery: deliveryOf(row), payload: row.payload, log }
}

/** Forgets what was settled long ago; how many. */
export async function deleteOldDeliveries(
  db: Queryable,
  { olderThanDays, limit }: { olderThanDays: number; limit: number },
): Promise<number> {
  const rows = rowsOf(
    await db.execute(sql`
      delete from webhook_deliveries where id in (
        select id from webhook_deliveries
        where settled_at < now() - make_interval(days => ${olderThanDays}) limit ${limit}) returning 1`),
  )
  return rows.length
}
