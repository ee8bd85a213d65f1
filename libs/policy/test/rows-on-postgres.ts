/** A hundred generated resources in a temporary table of a real PostgreSQL, and what filters answer for each of them. */
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import postgres from 'postgres'
import type { Filter } from '@gatehouse/policy/plan/filter'
import { renderSql } from '@gatehouse/policy/plan/render-sql'
import { adminUrl } from '@gatehouse/test-kit/database'
import { resourceRow, type ResourceRow } from './generated.ts'

export type Row = ResourceRow & { readonly id: string }
export type RowsOnPostgres = {
  readonly rows: readonly Row[]
  /** By row, then by filter. `spoil` plants a fault in the text of each. */
  answersOf(filters: readonly Filter[], spoil?: (text: string) => string): Promise<(boolean | null)[][]>
  close(): Promise<void>
}

/** Numbers may be kept as doubles or as decimals, whatever the column is. */
const columns = (index: number) => ({
  id: 'id',
  owner: 'owner',
  department: 'department',
  amount: index % 2 === 0 ? 'amount' : 'amount::numeric',
  locked: 'locked',
  tags: 'tags',
  due_at: 'due_at',
  created_at: 'created_at',
})

/** What a decision sees of a row: NULL is no value. */
export const valuesOf = (row: Row): Record<string, unknown> =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))

export async function rowsOnPostgres(o: { readonly seed: number; readonly count: number }): Promise<RowsOnPostgres> {
  const sql = postgres(adminUrl(), { max: 1, onnotice: () => {} })
  const rows = fc
    .sample(resourceRow, { seed: o.seed, numRuns: o.count })
    .map((row, index) => ({ id: `r${index}`, ...row }))
  // A collation that orders unlike code points, so that a filter that forgot to say "C" is seen.
  await sql`create temporary table resources (
    id text primary key, owner text collate "und-x-icu", department text collate "und-x-icu", amount double precision, locked boolean, tags text[], due_at timestamptz, created_at timestamptz)`
  await sql`insert into resources
    select j->>'id', j->>'owner', j->>'department', (j->>'amount')::float8, (j->>'locked')::boolean,
      case when jsonb_typeof(j->'tags') = 'array' then array(select jsonb_array_elements_text(j->'tags')) end,
      (j->>'due_at')::timestamptz, (j->>'created_at')::timestamptz
    from jsonb_array_elements(${JSON.stringify(rows)}::text::jsonb) j`
  return {
    rows,
    answersOf: (filters, spoil = (text) => text) => answersOf(sql, { filters, spoil }),
    close: () => sql.end(),
  }
}

/** All filters in one statement. The driver reads a NULL in an array of booleans as false, so the answers come as text. */
async function answersOf(
  sql: postgres.Sql,
  { filters, spoil }: { filters: readonly Filter[]; spoil: (text: string) => string },
): Promise<(boolean | null)[][]> {
  const params: unknown[] = []
  const answers = filters.map((filter, index) => {
    const { text, params: own } = renderSql(filter, columns(index))
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
