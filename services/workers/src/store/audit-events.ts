/** The audit trail in PostgreSQL: appended once per event, read in the order things happened. */
import { and, asc, desc, eq, gte, isNull, lt, sql, type SQL } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Outcome, StoredRecord } from '../domain/audit-record.ts'
import { auditEvents } from './schema.ts'

/** Chains are named by their organization; the platform's is all zeros. */
export const platformChainId = '00000000-0000-0000-0000-000000000000'

/** One statement, however many. The same event a second time changes nothing; a new one waits for its link. */
export async function insertAuditRecords(tx: Queryable, records: readonly StoredRecord[]): Promise<void> {
  if (records.length > 0) await tx.execute(sql`with ${lines(records, sql``)} select`)
}

/** The same inside of the statement that claims the events: those of `claimed (event_id)` alone. */
export const claimedLines = (records: readonly StoredRecord[]): SQL =>
  lines(records, sql`where id in (select event_id from claimed)`)

const lines = (records: readonly StoredRecord[], which: SQL): SQL => sql`
    recorded as (
      insert into audit_events (id, occurred_at, producer, action, outcome, actor_type, actor_id, target_type,
        target_id, org_id, user_id, client_address, user_agent, personal_of, personal_sealed, request_id,
        correlation_id, data)
      select id, occurred_at, producer, action, outcome, actor_type, actor_id, target_type, target_id, org_id, user_id,
        client_address, user_agent, personal_of, personal_sealed, request_id, correlation_id, data
      from jsonb_to_recordset(${JSON.stringify(records.map(rowOf))}::jsonb) as given (
        id uuid, occurred_at timestamptz, producer text, action text, outcome text, actor_type text, actor_id text,
        target_type text, target_id text, org_id uuid, user_id uuid, client_address text, user_agent text,
        personal_of uuid, personal_sealed text, request_id text, correlation_id text, data jsonb)
      ${which} on conflict do nothing returning id, occurred_at, org_id
    ), unsealed as (
      insert into audit_unsealed (record_id, occurred_at, chain)
      select id, occurred_at, coalesce(org_id, ${platformChainId}) from recorded on conflict do nothing
    )`

const rowOf = (record: StoredRecord) => ({
  id: uuidOf(record.id, 'aud'),
  occurred_at: record.occurredAt,
  producer: record.producer,
  action: record.action,
  outcome: record.outcome,
  actor_type: record.actor.type,
  actor_id: record.actor.id,
  target_type: record.target.type,
  target_id: record.target.id,
  org_id: record.orgId && uuidOf(record.orgId, 'org'),
  user_id: record.userId && uuidOf(record.userId, 'user'),
  client_address: record.clientAddress,
  user_agent: record.userAgent,
  personal_of: record.personalOf && uuidOf(record.personalOf, 'user'),
  personal_sealed: record.personalSealed,
  request_id: record.requestId,
  correlation_id: record.correlationId,
  data: record.data,
})

export type AuditPosition = { occurredAt: string; id: string }

/** Which records a list wants, and from where on. */
export type AuditFilter = {
  limit: number
  order: 'asc' | 'desc'
  after?: AuditPosition | undefined
  /** Inclusive. */
  from?: string | undefined
  /** Exclusive. */
  to?: string | undefined
  /** Without an id: the system. */
  actor?: { type?: string; id?: string | null } | undefined
  action?: string | undefined
  target?: string | undefined
  outcome?: Outcome | undefined
  /** Letters and digits; the record has all of them. */
  words?: readonly string[] | undefined
}

/** All microseconds: a cursor made from fewer would repeat or skip rows. */
const occurredAt = sql<string>`to_char(${auditEvents.occurredAt} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

const columns = {
  id: auditEvents.id,
  occurredAt,
  producer: auditEvents.producer,
  action: auditEvents.action,
  actorType: auditEvents.actorType,
  actorId: auditEvents.actorId,
  targetType: auditEvents.targetType,
  targetId: auditEvents.targetId,
  orgId: auditEvents.orgId,
  userId: auditEvents.userId,
  clientAddress: auditEvents.clientAddress,
  userAgent: auditEvents.userAgent,
  requestId: auditEvents.requestId,
  correlationId: auditEvents.correlationId,
  data: auditEvents.data,
  outcome: auditEvents.outcome,
  personalOf: auditEvents.personalOf,
  personalSealed: auditEvents.personalSealed,
}

export type AuditScope = AuditFilter & { orgId?: string; userId?: string }
export type AuditRow = Awaited<ReturnType<typeof selectRecords>>[number]

/**
 * Whether no single index has the records in the order of time: words; several filters, the person among them; or the
 * system, which is found by the lack of an id, and a planner takes no order from that.
 */
export function isSearch({ words, actor, action, target, outcome, userId }: AuditScope): boolean {
  const filters = [actor, action, target, outcome, userId].filter((filter) => filter !== undefined)
  return words !== undefined || actor?.id === null || filters.length > 1
}

/**
 * Outcomes are literals: the index of what was not a success is of no use to a parameter, and a second condition that
 * leads to it would count twice where the planner reckons how many records there are.
 */
const outcomes: Readonly<Record<Outcome, SQL>> = {
  success: sql`'success'`,
  failure: sql`'failure'`,
  denied: sql`'denied'`,
}

/**
 * The time of a record, as no index has it. A planner that could take the order from an index would do so wherever it
 * expects a full page soon, and filters that hardly ever meet make that a walk through everything.
 */
const unordered = sql`${auditEvents.occurredAt} + interval '0'`

/** The statement of a list, or of one span of a search. */
export function selectRecords(tx: Queryable, o: AuditScope) {
  const { actor, after } = o
  const isWanted = (column: PgColumn, value: string | undefined) =>
    value === undefined ? undefined : eq(column, value)
  const direction = o.order === 'asc' ? asc : desc
  return tx
    .select(columns)
    .from(auditEvents)
    .where(
      and(
        isWanted(auditEvents.orgId, o.orgId),
        isWanted(auditEvents.userId, o.userId),
        isWanted(auditEvents.actorType, actor?.type),
        actor?.id === null ? isNull(auditEvents.actorId) : isWanted(auditEvents.actorId, actor?.id),
        isWanted(auditEvents.action, o.action),
        isWanted(auditEvents.targetId, o.target),
        o.outcome && sql`${auditEvents.outcome} = ${outcomes[o.outcome]}`,
        o.words && haveWords(o.words),
        o.from === undefined ? undefined : gte(auditEvents.occurredAt, o.from),
        o.to === undefined ? undefined : lt(auditEvents.occurredAt, o.to),
        after &&
          sql`(${auditEvents.occurredAt},
            ${auditEvents.id}) ${sql.raw(o.order === 'asc' ? '>' : '<')} (${after.occurredAt}::timestamptz,
              ${uuidOf(after.id, 'aud')}::uuid)`,
      ),
    )
    .orderBy(direction(isSearch(o) ? unordered : auditEvents.occurredAt), direction(auditEvents.id))
    .limit(o.limit + 1)
}

/**
 * Text without a word in it is found in nothing. The first word alone is looked up, so it is the rarest one: an index
 * would read the places of all of them. Whole words: how many records have one is known to the planner, how many have a
 * beginning is not, and then it reads all of them.
 */
function haveWords([first, ...others]: readonly string[]): SQL {
  if (first === undefined) return sql`false`
  const found = (word: string) => sql`${auditEvents.words} @@ to_tsquery('simple', ${`'${word}'`})`
  return and(found(first), ...others.map((word) => sql`(${found(word)}) is true`)) ?? sql`true`
}

/** Rejects until this replica's schema is there. */
export async function probeSchema(db: Queryable): Promise<void> {
  await db.select({ id: auditEvents.id }).from(auditEvents).limit(1)
}
