/**
 * Lists of the audit trail that no single index has in the order of time. A search looks at span after span of the
 * trail and at so much of it for one page, as the planner reckons, whatever is found: where filters hardly ever meet it
 * stops with what it has, and the next page goes on from there.
 */
import { typeIdOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { sql, type SQL } from 'drizzle-orm'
import type { StoredRecord } from '../domain/audit-record.ts'
import {
  isSearch,
  selectRecords,
  type AuditFilter,
  type AuditPosition,
  type AuditRow,
  type AuditScope,
} from './audit-events.ts'

type Select = (tx: Queryable, o: AuditScope) => PromiseLike<AuditRow[]>
type Span = Pick<AuditFilter, 'from' | 'to'>

export type AuditPage = {
  records: StoredRecord[]
  /** Where a search stopped before the page was full; there may be more behind it. */
  lookedUntil?: AuditPosition
}

/**
 * Lists records in the filter's order, one more than `limit` when there are more. Naming an organization or a person
 * narrows the list; what the transaction may see at all is row-level security's business. `select` is another than
 * `selectRecords` where statements are measured, `mostBlocks` another where a search has to stop soon.
 */
export async function listAuditRecords(
  tx: Queryable,
  o: AuditScope,
  { select = selectRecords, mostBlocks = blocksOfPage }: { select?: Select; mostBlocks?: number } = {},
): Promise<AuditPage> {
  const { rows, edge } = isSearch(o)
    ? await searchRecords(tx, o, { select, mostBlocks })
    : { rows: await select(tx, o) }
  const records = rows.map(({ actorType, actorId, targetType, targetId, ...row }) => ({
    ...row,
    actor: { type: actorType, id: actorId },
    target: { type: targetType, id: targetId },
  }))
  return { records, ...(edge !== undefined && { lookedUntil: { occurredAt: edge, id: beforeAll } }) }
}

/** The least UUIDv7, which no record has: of one moment all come after it, and in the other order none. */
const beforeAll = typeIdOf('aud', '00000000-0000-7000-8000-000000000000')

/** So many blocks out of their order, as the planner reckons them, a page may cost. */
const blocksOfPage = 250
const mostSpans = 24

async function searchRecords(
  tx: Queryable,
  given: AuditScope,
  { select, mostBlocks }: { select: Select; mostBlocks: number },
): Promise<{ rows: AuditRow[]; edge?: string }> {
  const anything = { words: undefined, actor: undefined, action: undefined, target: undefined, outcome: undefined }
  const [start] = await select(tx, { ...given, ...anything, limit: 0 })
  const backward = given.order === 'asc' ? 'desc' : 'asc'
  const [last] = await select(tx, { ...given, ...anything, after: undefined, order: backward, limit: 0 })
  const rows: AuditRow[] = []
  if (start === undefined || last === undefined) return { rows }
  const mostCost = mostBlocks * (await planForSpans(tx))
  const o = given.words === undefined ? given : { ...given, words: await rarestFirst(tx, given.words) }
  const missing = () => o.limit + 1 - rows.length
  const line = timeLine(start.occurredAt, last.occurredAt, o)
  let [left, looked] = [mostCost, 0]
  for (let n = 0; missing() > 0 && n < mostSpans; n += 1) {
    const length = looked === 0 ? firstSpanMs : looked * clamp(missing() / rows.length, leastGrowth, growth)
    // Little is left for little of the trail: the next page begins with all that it may cost.
    if (left < mostCost / 4) break
    const { span, spanMs, cost } = await affordable(tx, { o, line, looked, length, left })
    if (n > 0 && cost > left) break
    rows.push(...(await select(tx, { ...o, ...span, limit: missing() - 1 })))
    looked += spanMs
    left -= cost
    if (line.isEnd(looked)) return { rows }
  }
  return missing() > 0 ? { rows, edge: line.at(looked) } : { rows }
}

/**
 * Has the rest of the transaction planned as a search wants it; the cost of a block. How rare the values are decides
 * how they are found, so a plan for any values is a plan for none. Records found by one index after another are
 * reckoned as if they lay side by side, and rare ones do not; a bitmap of them is reckoned as what it is.
 */
async function planForSpans(tx: Queryable): Promise<number> {
  const [row] = rowsOf<{ cost: number }>(
    await tx.execute(sql`select current_setting('random_page_cost')::float8 as cost,
      set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_indexscan', 'off', true)`),
  )
  if (row === undefined) throw new Error('PostgreSQL has no such setting')
  return row.cost
}

const firstSpanMs = 3_600_000
const [leastGrowth, growth, mostCuts] = [0.5, 4, 6]
const clamp = (value: number, least: number, most: number) => Math.max(least, Math.min(most, value))

type Line = ReturnType<typeof timeLine>
type Wish = { o: AuditScope; line: Line; looked: number; length: number; left: number }

/**
 * The next span: as long as the missing records need if the rest of the trail is like the part that was looked at, and
 * shorter where it would cost more than the page may. What a shorter one would cost as well is not cut.
 */
async function affordable(
  tx: Queryable,
  { o, line, looked, length, left }: Wish,
): Promise<{ span: Span; spanMs: number; cost: number }> {
  const reckoned = async (spanMs: number) => {
    const span = line.span(looked, looked + spanMs)
    return { span, spanMs, cost: (await reckon(tx, selectRecords(tx, { ...o, ...span }).getSQL())).cost }
  }
  let wanted = await reckoned(Math.min(Math.ceil(length), line.endMs - looked))
  for (let cuts = 0; wanted.cost > left && cuts < mostCuts; cuts += 1) {
    const part = clamp((left / wanted.cost) * 0.8, 0.01, 0.8)
    const shorter = await reckoned(Math.max(1, Math.floor(wanted.spanMs * part)))
    if (shorter.cost > wanted.cost * 0.9) break
    wanted = shorter
  }
  return wanted
}

/** The trail from its first record to its last, in the order of the list, in milliseconds. The end has no edge. */
function timeLine(start: string, last: string, { order, from, to }: AuditFilter) {
  const forward = order === 'asc'
  const startMs = Date.parse(start) + (forward ? 0 : 1)
  const endMs = Math.abs(Date.parse(last) - startMs) + 1
  const at = (ms: number): string => new Date(startMs + (forward ? ms : -ms)).toISOString().replace('Z', '000Z')
  const isEnd = (ms: number): boolean => ms >= endMs
  const span = (near: number, far: number): Span => {
    const [first, last] = [near === 0 ? undefined : at(near), isEnd(far) ? undefined : at(far)]
    return forward ? { from: first ?? from, to: last ?? to } : { from: last ?? from, to: first ?? to }
  }
  return { endMs, at, isEnd, span }
}

async function rarestFirst(tx: Queryable, words: readonly string[]): Promise<string[]> {
  if (words.length < 2) return [...words]
  const rows = new Map<string, number>()
  for (const word of new Set(words)) {
    const records = await reckon(tx, sql`select from audit_events where words @@ to_tsquery('simple', ${`'${word}'`})`)
    rows.set(word, records.rows)
  }
  return [...rows].sort(([, a], [, b]) => a - b).map(([word]) => word)
}

/** What the planner expects of a statement. */
async function reckon(tx: Queryable, statement: SQL): Promise<{ cost: number; rows: number }> {
  const explained = await tx.execute(sql`explain (format json) ${statement}`)
  const [row] = rowsOf<{ 'QUERY PLAN': { Plan: { 'Total Cost': number; 'Plan Rows': number } }[] }>(explained)
  const plan = row?.['QUERY PLAN'][0]?.Plan
  if (plan === undefined) throw new Error('PostgreSQL explained nothing')
  return { cost: plan['Total Cost'], rows: plan['Plan Rows'] }
}
