/**
 * A page of the audit trail costs what the page holds, not what the trail holds: buffers are counted, with few records
 * and with many. `AUDIT_PAGE_RECORDS` asks for more of them, and says how long a page takes.
 */
import t from 'tap'
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { rowsOf, type Scope } from '@gatehouse/service-kit/postgres/transaction'
import { testDatabase } from '@gatehouse/test-kit/database'
import { sql } from 'drizzle-orm'
import { isSearch, selectRecords, type AuditFilter, type AuditPosition } from '../../src/store/audit-events.ts'
import { listAuditRecords } from '../../src/store/audit-search.ts'
import { auditPageOf, readAuditQuery, readRecords } from '../../src/use-cases/audit/audit-page.ts'

const database = await testDatabase(t, { services: ['workers'] })
const [system, runtime] = [database.connect('workers', 'system', 1), database.connect('workers', 'runtime', 1)]
const owner = database.connect('workers', 'owner', 1)
const [few, many] = [4_000, Number(process.env['AUDIT_PAGE_RECORDS'] ?? 40_000)]
const [org, person, rare] = [newId('org'), newId('user'), newId('user')]

/** Records of one statement. */
const atOnce = 4_000

/**
 * Records evenly over sixty days, two thirds of them of the organization and a fifth of the person; one in 997 is rare.
 */
const fill = async (from: number, to: number) => {
  for (const db of [system, owner]) await db.execute(sql`set statement_timeout = 0`)
  for (let start = from; start <= to; start += atOnce)
    await system.execute(sql`
    insert into audit_events (id, occurred_at, producer, action, outcome, actor_type, actor_id, target_type, target_id,
      org_id, user_id, request_id, correlation_id, data)
    select uuidv7(), now() - interval '60 days' * (1 - n::numeric / ${to}), 'orgs',
      case when n % 997 in (0, 2) then 'membership.removed' else 'membership.updated' end,
      case when n % 997 = 0 then 'denied' else 'success' end,
      case when n % 1009 = 0 then 'system' else 'user' end,
      case when n % 1009 = 0 then null when n % 997 < 2 then ${rare} else ${person} end,
      'membership', 'mem_' || n, case when n % 3 > 0 then ${uuidOf(org)}::uuid end,
      case when n % 5 = 0 then ${uuidOf(person)}::uuid end, 'req_' || md5(n::text), 'req_' || n,
      jsonb_build_object('changed', 'roles', 'place', n, 'oddity', case when n % 997 = 0 then 'unusual' end)
    from generate_series(${start}::bigint, ${Math.min(to, start + atOnce - 1)}::bigint) as n`)
  await owner.execute(sql`vacuum analyze audit_events`)
}

const at = (daysAgo: number): string => new Date(Date.now() - daysAgo * 86_400_000).toISOString()
const page = { limit: 50, order: 'asc' } as const
const narrow: Record<string, Partial<AuditFilter>> = {
  everything: {},
  'newest first': { order: 'desc' },
  'from the middle on': { after: { occurredAt: at(30), id: newId('aud') } },
  'a span': { from: at(20), to: at(19) },
  'a rare actor': { actor: { id: rare } },
  'a common actor': { actor: { id: person } },
  'a rare action': { action: 'membership.removed' },
  'a common action': { action: 'membership.updated', order: 'desc' },
  'a rare outcome': { outcome: 'denied' },
  'one target': { target: 'mem_1994' },
  'the system': { actor: { type: 'system', id: null } },
  'a common actor’s rare action': { actor: { id: person }, action: 'membership.removed' },
  'a rare actor’s action': { actor: { id: rare }, action: 'membership.removed' },
  'a pair that never meets': { actor: { type: 'system', id: null }, action: 'membership.removed', outcome: 'denied' },
  'a common and a rare one that never meet': { actor: { id: person }, outcome: 'denied' },
  'a rare word': { words: ['unusual'] },
  'a common word': { words: ['membership'] },
  'a rare word, newest first': { words: ['unusual'], order: 'desc' },
  'a target by its words': { words: ['mem', '1994'] },
  'a common word and a rare one': { words: ['roles', 'unusual'] },
  nothing: { words: ['nowhere'] },
}
const scopes: Record<string, Scope> = {
  organization: { orgId: org },
  person: { userId: person },
  platform: {},
}

type Plan = { Plan: Record<'Shared Hit Blocks' | 'Shared Read Blocks', number>; 'Execution Time': number }

type Cost = { blocks: number; ms: number; statements: number }

/** What a page reads in all its statements, as the role that reads it. */
async function costOf(scope: Scope, filter: AuditFilter): Promise<Cost> {
  const cost = { blocks: 0, ms: 0, statements: 0 }
  const isPlatform = scope.orgId === undefined && scope.userId === undefined
  const db = isPlatform ? system : runtime
  await readRecords({ db, system }, scope, filter, (tx, wanted) =>
    listAuditRecords(tx, wanted, {
      select: async (tx, o) => {
        const explained = await tx.execute(
          sql`explain (analyze, buffers, timing off, format json) ${selectRecords(tx, o).getSQL()}`,
        )
        const [row] = rowsOf<{ 'QUERY PLAN': Plan[] }>(explained)
        const { Plan: plan, 'Execution Time': ms } = row?.['QUERY PLAN'][0] as Plan
        cost.blocks += plan['Shared Hit Blocks'] + plan['Shared Read Blocks']
        cost.ms += ms
        cost.statements += 1
        // A list is one statement and no more; a search goes on from what it found.
        return isSearch(wanted) ? selectRecords(tx, o) : []
      },
    }),
  )
  return cost
}

async function costs(): Promise<Map<string, Cost>> {
  const found = new Map<string, Cost>()
  for (const [whose, scope] of Object.entries(scopes))
    for (const [name, filter] of Object.entries(narrow))
      found.set(`${whose}: ${name}`, await costOf(scope, { ...page, ...filter }))
  return found
}

// A full page has 51 records; each is at most a few blocks of an index and one of a table, in each of three months.
// A person has a fifth of what others find, so a search looks at five times as many.
const mostBlocks = 51 * 8

t.test('no page of any list reads more blocks with many records than a page can need', async (t) => {
  await fill(1, few)
  const before = await costs()
  await fill(few + 1, many)
  for (const [name, { blocks, ms, statements }] of await costs()) {
    const was = before.get(name)
    t.comment(`${name}: ${was?.blocks} → ${blocks} blocks, ${was?.ms} → ${ms} ms, ${statements} statements`)
    t.ok(blocks <= mostBlocks, `${name}: ${was?.blocks} blocks of ${few} records, ${blocks} of ${many}`)
  }
})

/** All records of a list, page by page, each of which may cost so little that it stops before it is full. */
async function walked(filter: AuditFilter, mostBlocks: number): Promise<{ ids: string[]; short: number }> {
  const found = { ids: [] as string[], short: 0 }
  for (let after: AuditPosition | undefined; ;) {
    const page = await readRecords({ db: runtime, system }, { orgId: org }, { ...filter, after }, (tx, o) =>
      listAuditRecords(tx, o, { mostBlocks }),
    )
    const shown = auditPageOf(page, filter)
    found.ids.push(...shown.data.map(({ id }) => id))
    if (page.lookedUntil !== undefined) found.short += 1
    const { next_cursor: cursor, has_more } = shown.page
    if (cursor === null) return found
    t.ok(has_more)
    after = readAuditQuery({ cursor, order: filter.order }).after
  }
}

t.test(
  'a search that stops before its page is full goes on where it stopped: nothing twice, nothing left out',
  async (t) => {
    for (const [name, mostBlocks] of Object.entries({ 'a common word and a rare one': 60, 'the system': 20 }))
      for (const order of ['asc', 'desc'] as const) {
        const filter = { ...page, ...narrow[name], order }
        const whole = await walked(filter, Infinity)
        const { ids, short } = await walked(filter, mostBlocks)
        t.equal(whole.short, 0, 'what may cost anything does not stop')
        t.ok(short > 0, `${name}, ${order}: ${short} pages of ${ids.length} records stopped`)
        t.comment(`${name}, ${order}: ${short} pages stopped`)
        t.same(ids, whole.ids)
      }
  },
)
