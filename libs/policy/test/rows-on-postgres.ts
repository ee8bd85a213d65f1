/**
 * A hundred generated resources in a temporary table of a real PostgreSQL, and what filters answer for each of them.
 */
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import postgres from 'postgres'
import type { Filter } from '@gatehouse/policy/plan/filter'
import { renderSql, type SqlColumns } from '@gatehouse/policy/plan/render-sql'
import { adminUrl } from '@gatehouse/test-kit/database'
import { resourceRow, type ResourceRow } from './generated.ts'

export type Row = ResourceRow & { readonly id: string }
export type RowsOnPostgres = {
  readonly rows: readonly Row[]
  /** By row, then by filter. `spoil` plants a fault in the text of each. */
  answersOf(filters: readonly Filter[], spoil?: (text: string) => string): Promise<(boolean | null)[][]>
  close(): Promise<void>
}

/** As they are; numbers may be kept as doubles or as decimals. */
const plainColumns = (index: number): SqlColumns => ({
  id: 'id',
  owner: 'owner',
  department: 'department',
  amount: index % 2 === 0 ? 'amount' : 'amount::numeric',
  locked: 'locked',
  tags: 'tags',
  due_at: 'due_at',
  created_at: 'created_at',
})

const names = ['owner', 'department', 'amount', 'locked', 'tags', 'due_at', 'created_at'] as const
const columnsFrom = (columnOf: (name: string) => SqlColumns[string]): SqlColumns => ({
  id: 'id',
  ...Object.fromEntries(names.map((name) => [name, columnOf(name)])),
})

/**
 * Every way to say a column: as it is, of another collation than its neighbours, as a member of a JSON column, of
 * another type.
 */
const columnsInTurn: readonly ((index: number) => SqlColumns)[] = [
  plainColumns,
  (index) => ({ ...plainColumns(index), owner: 'owner_elsewhere' }),
  () => columnsFrom((name) => ({ column: 'data', path: ["the record's", name] })),
  () => columnsFrom((name) => ({ column: `${name}_written` })),
]

/** What a decision sees of a row: NULL is no value. */
export const valuesOf = (row: Row): Record<string, unknown> =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))

/** What a JSON column may hold where a resource has no value: nothing, null, or something of another type. */
const noValues = [undefined, null, {}, [null], 'soon', '2026-02-30T00:00:00Z', '2026-01-01', 12, true] as const
const isNoValue: { readonly [name: string]: (value: unknown) => boolean } = {
  owner: (value) => typeof value !== 'string',
  department: (value) => typeof value !== 'string',
  amount: (value) => typeof value !== 'number',
  locked: (value) => typeof value !== 'boolean',
}

function asJson(row: Row, index: number): { readonly [name: string]: unknown } {
  return Object.fromEntries(
    Object.entries(row).map(([name, value], place) => {
      const others = noValues.filter(isNoValue[name] ?? (() => true))
      return [name, value ?? others[(index + place) % others.length]]
    }),
  )
}

/** @param o.conversions - whether columns are said in every way there is, and not only as they are */
export async function rowsOnPostgres(o: {
  readonly seed: number
  readonly count: number
  readonly conversions: boolean
}): Promise<RowsOnPostgres> {
  const sql = postgres(adminUrl(), { max: 1, onnotice: () => {} })
  const rows = fc
    .sample(resourceRow, { seed: o.seed, numRuns: o.count })
    .map((row, index) => ({ id: `r${index}`, ...row }))
  // A collation that orders unlike code points, so that a filter that forgot to say "C" is seen.
  await sql`create temporary table resources (
    id text primary key, owner text collate "und-x-icu", department text collate "und-x-icu",
    amount double precision, locked boolean, tags text[] collate "und-x-icu", due_at timestamptz,
    created_at timestamptz, data json, owner_elsewhere text collate "de-x-icu", owner_written varchar(99),
      department_written varchar(99),
    amount_written text, locked_written text, tags_written text, due_at_written text, created_at_written text)`
  await sql`insert into resources (id, owner, department, amount, locked, tags, due_at, created_at)
    select j->>'id', j->>'owner', j->>'department', (j->>'amount')::float8, (j->>'locked')::boolean,
      case when jsonb_typeof(j->'tags') = 'array' then array(select jsonb_array_elements_text(j->'tags')) end,
      (j->>'due_at')::timestamptz, (j->>'created_at')::timestamptz
    from jsonb_array_elements(${JSON.stringify(rows)}::text::jsonb) j`
  const documents = rows.map((row, index) => ({ id: row.id, data: { "the record's": asJson(row, index) } }))
  await sql`update resources set data = d->'data', owner_elsewhere = owner, owner_written = owner,
      department_written = department, amount_written = amount::text, locked_written = locked::text,
      tags_written = tags::text, due_at_written = due_at::text, created_at_written = created_at::text
    from jsonb_array_elements(${JSON.stringify(documents)}::text::jsonb) d where d->>'id' = id`
  const columnsOf = (index: number): SqlColumns =>
    o.conversions ? columnsInTurn[index % columnsInTurn.length]!(index) : plainColumns(index)
  return {
    rows,
    answersOf: (filters, spoil = (text) => text) => answersOf(sql, { filters, columnsOf, spoil }),
    close: () => sql.end(),
  }
}

/**
 * All filters in one statement. The driver reads a NULL in an array of booleans as false, so the answers come as text.
 */
async function answersOf(
  sql: postgres.Sql,
  {
    filters,
    columnsOf,
    spoil,
  }: {
    readonly filters: readonly Filter[]
    readonly columnsOf: (index: number) => SqlColumns
    readonly spoil: (text: string) => string
  },
): Promise<(boolean | null)[][]> {
  const params: unknown[] = []
  const answers = filters.map((filter, index) => {
    const { text, params: own } = renderSql(filter, columnsOf(index))
    const offset = params.length
    params.push(...own)
    const renumbered = spoil(text).replaceAll(/\$(\d+)/g, (_, number: string) => `$${Number(number) + offset}`)
    return `coalesce((${renumbered})::text, 'null')`
  })
  const found = await sql.unsafe(
    `select concat_ws(',', ${answers.join(', ')}) as answers from resources order by substr(id, 2)::int`,
    params as never[],
  )
  return found.map((row) => JSON.parse(`[${row['answers'] as string}]`) as (boolean | null)[])
}
