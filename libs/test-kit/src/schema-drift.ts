/**
 * Compares the drizzle tables of a service with the tables its migrations make, in both directions.
 * The migrations are the truth (checks, policies, partitions); a drizzle table is what the compiler believes.
 */
import { getTableName, is } from 'drizzle-orm'
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core'
import postgres from 'postgres'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import type { TestDatabase } from './database.ts'

type Column = { type: string; isNullable: boolean }
type Tables = Map<string, Map<string, Column>>

/** Tables of the libraries, which a schema has and no service declares: the spine's, and the kit's budgets. */
const libraryTables = new Set([
  'budgets',
  '__migrations',
  '__spine_migrations',
  'consumer_cursors',
  'dead_letters',
  'idempotency_keys',
  'inbox',
  'job_ledger',
  'outbox',
  'parked_events',
  'partitioned_tables',
  'projection_cursors',
  'relay_cursor',
  'spine_head',
])

/**
 * Every difference as one sentence: a table or column of one side only, another type, another nullability.
 * `schema` is the module `store/schema.ts` of the service; a column with a default in SQL may be optional in drizzle.
 */
export async function schemaDifferences(
  database: TestDatabase,
  service: ServiceName,
  schema: Record<string, unknown>,
): Promise<string[]> {
  const migrated = await migratedTables(database.url(service, 'owner'), service)
  const declared = declaredTables(schema)
  const missing = [...declared.keys()].filter((table) => !migrated.has(table))
  const undeclared = [...migrated.keys()].filter((table) => !declared.has(table) && !libraryTables.has(table))
  return [
    ...missing.map((table) => `${table} is declared, and no migration makes it`),
    ...undeclared.map((table) => `${table} is made by a migration, and nothing declares it`),
    ...[...declared].flatMap(([table, columns]) => columnDifferences(table, columns, migrated.get(table))),
  ]
}

function columnDifferences(table: string, declared: Map<string, Column>, migrated?: Map<string, Column>): string[] {
  if (migrated === undefined) return []
  const names = new Set([...declared.keys(), ...migrated.keys()])
  return [...names].flatMap((name) => {
    const ours = declared.get(name)
    const theirs = migrated.get(name)
    if (theirs === undefined) return [`${table}.${name} is declared, and no migration makes it`]
    if (ours === undefined) return [`${table}.${name} is made by a migration, and nothing declares it`]
    return [
      ...(ours.type === theirs.type ? [] : [`${table}.${name} is declared ${ours.type}, and is ${theirs.type}`]),
      ...(ours.isNullable === theirs.isNullable
        ? []
        : [`${table}.${name} is declared ${nullability(ours)}, and is ${nullability(theirs)}`]),
    ]
  })
}

const nullability = ({ isNullable }: Column): string => (isNullable ? 'nullable' : 'not null')

/** Partitions are left out: they are their parent's. */
async function migratedTables(url: string, schema: string): Promise<Tables> {
  const client = postgres(url, { max: 1, onnotice: () => {} })
  try {
    const rows = await client<{ table: string; column: string; type: string; nullable: boolean }[]>`
      select c.relname as table, a.attname as column, format_type(a.atttypid, a.atttypmod) as type,
        not a.attnotnull as nullable
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where n.nspname = ${schema} and c.relkind in ('r', 'p') and not c.relispartition
      order by c.relname, a.attnum`
    const tables: Tables = new Map()
    for (const { table, column, type, nullable } of rows) {
      const columns = tables.get(table) ?? new Map<string, Column>()
      tables.set(table, columns.set(column, { type, isNullable: nullable }))
    }
    return tables
  } finally {
    await client.end({ timeout: 5 })
  }
}

function declaredTables(schema: Record<string, unknown>): Tables {
  const tables = Object.values(schema).filter((value) => is(value, PgTable)) as PgTable[]
  return new Map(
    tables.map((table) => {
      const { columns, primaryKeys } = getTableConfig(table)
      const keyed = new Set(primaryKeys.flatMap((key) => key.columns.map(({ name }) => name)))
      const described = columns.map((column): [string, Column] => [
        column.name,
        {
          type: sqlTypeOf(column.getSQLType()),
          isNullable: !column.notNull && !column.primary && !keyed.has(column.name),
        },
      ])
      return [getTableName(table), new Map(described)]
    }),
  )
}

/** As `format_type` writes it. */
const sqlTypeOf = (type: string): string =>
  type.replace('bigserial', 'bigint').replace('serial', 'integer').replace(/ \(/, '(').replace(/, /, ',')
