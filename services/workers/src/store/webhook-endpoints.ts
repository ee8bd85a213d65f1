/**
 * Endpoints, under the scope of their organization; those of the platform under the scope of nobody. Secrets are
 * ciphertexts here.
 */
import type { EventSource } from '@gatehouse/contracts/http/workers/webhook'
import { typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import type { WithClaim } from '@gatehouse/spine/consume/consumer'
import { sql, type SQL } from 'drizzle-orm'

export type Endpoint = {
  id: string
  /** Null: the platform's. */
  orgId: string | null
  url: string
  description: string
  eventTypes: string[]
  status: 'active' | 'disabled'
  version: number
  disabledReason: string | null
  previousSecretUntil: string | null
  createdAt: string
  updatedAt: string
  /** Null: the organization's own events. */
  sources: EventSource[] | null
}

type Row = {
  id: string
  org_id: string | null
  url: string
  description: string
  event_types: string[]
  status: Endpoint['status']
  version: string
  disabled_reason: string | null
  previous_secret_until: string | null
  created_at: string
  updated_at: string
  sources: EventSource[] | null
}

export const utc = (column: SQL): SQL => sql`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

const columns = sql`id, org_id, url, description, event_types, status, version, disabled_reason, sources,
  case when previous_secret_until > now() then ${utc(sql`previous_secret_until`)} end as previous_secret_until,
  ${utc(sql`created_at`)} as created_at, ${utc(sql`updated_at`)} as updated_at`

const endpointOf = (row: Row): Endpoint => ({
  id: typeIdOf('whk', row.id),
  orgId: row.org_id && typeIdOf('org', row.org_id),
  url: row.url,
  description: row.description,
  eventTypes: row.event_types,
  status: row.status,
  version: Number(row.version),
  disabledReason: row.disabled_reason,
  previousSecretUntil: row.previous_secret_until,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  sources: row.sources,
})

const one = async (db: Queryable, statement: SQL): Promise<Endpoint | undefined> => {
  const [row] = rowsOf<Row>(await db.execute(statement))
  return row && endpointOf(row)
}

type NewEndpoint = Pick<Endpoint, 'id' | 'orgId' | 'sources'> & {
  url: string
  description: string
  eventTypes: readonly string[]
  secretSealed: string
  createdBy: string | undefined
  /** So many an organization, or the platform, may have. */
  most: number
}

const textArray = (values: readonly string[]): SQL =>
  sql`array[${sql.join(
    values.map((value) => sql`${value}`),
    sql`, `,
  )}]::text[]`

/** Undefined, with nothing stored, when their owner has as many as it may. Two at once take turns. */
export async function insertEndpoint(db: Queryable, o: NewEndpoint): Promise<Endpoint | undefined> {
  const orgId = sql`${o.orgId && uuidOf(o.orgId, 'org')}::uuid`
  await db.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`webhooks ${o.orgId ?? 'platform'}`}, 0))`)
  return one(
    db,
    sql`insert into webhook_endpoints (id, org_id, url, description, event_types, secret_sealed, created_by,
        sources)
      select ${uuidOf(o.id, 'whk')}::uuid, ${orgId}, ${o.url}, ${o.description}, ${textArray(o.eventTypes)},
        ${o.secretSealed},
        ${o.createdBy === undefined ? null : uuidOf(o.createdBy, 'user')}::uuid,
        ${o.sources === null ? sql`null` : textArray(o.sources)}
      where (select count(*) from webhook_endpoints where org_id is not distinct from ${orgId}) < ${o.most}
      returning ${columns}`,
  )
}

export const findEndpoint = (db: Queryable, id: string): Promise<Endpoint | undefined> =>
  one(db, sql`select ${columns} from webhook_endpoints where id = ${uuidOf(id, 'whk')}`)

/** Newest first, at most `limit`. */
export async function listEndpoints(
  db: Queryable,
  o: { limit: number; afterId: string | undefined },
): Promise<Endpoint[]> {
  const after = o.afterId === undefined ? sql`` : sql`where id < ${uuidOf(o.afterId, 'whk')}`
  const rows = rowsOf<Row>(
    await db.execute(sql`select ${columns} from webhook_endpoints ${after} order by id desc limit ${o.limit}`),
  )
  return rows.map(endpointOf)
}

type Changes = {
  url?: string | undefined
  description?: string | undefined
  eventTypes?: readonly string[] | undefined
  status?: Endpoint['status'] | undefined
  /** Of the platform's. */
  sources?: readonly EventSource[] | undefined
}

export function updateEndpoint(db: Queryable, id: string, changes: Changes): Promise<Endpoint | undefined> {
  const { url, description, eventTypes, status, sources } = changes
  return one(
    db,
    sql`update webhook_endpoints set version = version + 1, updated_at = now(),
        url = coalesce(${url ?? null}::text, url), description = coalesce(${description ?? null}::text, description),
        event_types = ${eventTypes === undefined ? sql`event_types` : textArray(eventTypes)},
        sources = ${sources === undefined ? sql`sources` : textArray(sources)},
        status = coalesce(${status ?? null}::text, status),
        disabled_reason = case when ${status ?? null}::text is null then disabled_reason end,
        failing_since = case when ${status ?? null}::text = 'active' then null else failing_since end
      where id = ${uuidOf(id, 'whk')} returning ${columns}`,
  )
}

/** The present secret stays good for a while beside the new one. */
export const rotateSecret = (
  db: Queryable,
  o: { id: string; secretSealed: string; overlapSeconds: number },
): Promise<Endpoint | undefined> =>
  one(
    db,
    sql`update webhook_endpoints set version = version + 1, updated_at = now(), previous_secret_sealed = secret_sealed,
        previous_secret_until = now() + make_interval(secs => ${o.overlapSeconds}), secret_sealed = ${o.secretSealed}
      where id = ${uuidOf(o.id, 'whk')} returning ${columns}`,
  )

export const deleteEndpoint = (db: Queryable, id: string): Promise<Endpoint | undefined> =>
  one(db, sql`delete from webhook_endpoints where id = ${uuidOf(id, 'whk')} returning ${columns}`)

/** Those of a whole organization, with their deliveries. */
export async function deleteEndpointsOf(db: Queryable, orgId: string): Promise<void> {
  await db.execute(sql`delete from webhook_endpoints where org_id = ${uuidOf(orgId, 'org')}`)
}

/**
 * Whether an endpoint `e` hears of what happens in the organization `orgId`, or in none: its own, or those of the
 * platform that listen there.
 */
const hears = (orgId: SQL): SQL => sql`(e.org_id = ${orgId}
  or (e.org_id is null and case when ${orgId} is null then 'platform' else 'organizations' end = any(e.sources)))`

export type Listener = Pick<Endpoint, 'id' | 'orgId'>

/** The active endpoints that listen to one of these, there. */
export async function listListeners(
  db: Queryable,
  { orgId, filters }: { orgId: string | null; filters: readonly string[] },
): Promise<Listener[]> {
  const rows = rowsOf<{ id: string; org_id: string | null }>(
    await db.execute(sql`
      select e.id, e.org_id from webhook_endpoints e
      where ${hears(sql`${orgId && uuidOf(orgId, 'org')}::uuid`)} and e.status = 'active'
        and e.event_types && ${textArray(filters)}
      order by e.id`),
  )
  return rows.map((row) => ({ id: typeIdOf('whk', row.id), orgId: row.org_id && typeIdOf('org', row.org_id) }))
}

/** Which of `delivered d` nobody listens to. */
export function ofNoListeners(
  events: readonly { eventId: string; orgId: string | null; filters: readonly string[] }[],
): WithClaim {
  const rows = events.map(({ eventId, orgId, filters }) => ({
    ...{ event_id: uuidOf(eventId, 'evt'), org_id: orgId && uuidOf(orgId, 'org'), filters },
  }))
  return {
    only: sql`d.event_id not in (
      select g.event_id from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as g (event_id uuid, org_id uuid, filters text[])
      join webhook_endpoints e on ${hears(sql`g.org_id`)} and e.status = 'active' and e.event_types && g.filters)`,
  }
}

/** Whether any active endpoint hears of what happens in no organization. */
export async function hearsOfPlatform(db: Queryable): Promise<boolean> {
  const rows = rowsOf(
    await db.execute(sql`
      select 1 from webhook_endpoints
      where org_id is null and status = 'active' and 'platform' = any(sources) limit 1`),
  )
  return rows.length > 0
}

export async function noteSuccess(db: Queryable, id: string): Promise<void> {
  await db.execute(
    sql`update webhook_endpoints set failing_since = null where id = ${uuidOf(id, 'whk')}
      and failing_since is not null`,
  )
}

/**
 * Notes a failure and disables the endpoint when it is gone, or has only failed for `disableAfterSeconds`. The version
 * it was disabled in and who made it; undefined while it stays: of several failures at once one disables it.
 */
export async function noteFailure(
  db: Queryable,
  o: { id: string; isGone: boolean; disableAfterSeconds: number },
): Promise<{ version: number; createdBy: string | undefined } | undefined> {
  const id = uuidOf(o.id, 'whk')
  await db.execute(sql`update webhook_endpoints set failing_since = now() where id = ${id} and failing_since is null`)
  const reason = o.isGone ? 'the endpoint answered 410 Gone' : 'every delivery failed for too long'
  const [row] = rowsOf<{ version: string; created_by: string | null }>(
    await db.execute(sql`
      update webhook_endpoints set status = 'disabled', disabled_reason = ${reason}, version = version + 1,
        updated_at = now()
      where id = ${id} and status = 'active'
        and (${o.isGone}::boolean or failing_since <= now() - make_interval(secs => ${o.disableAfterSeconds}))
      returning version, created_by`),
  )
  return (
    row && {
      version: Number(row.version),
      createdBy: row.created_by === null ? undefined : typeIdOf('user', row.created_by),
    }
  )
}
