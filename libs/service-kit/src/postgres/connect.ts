/**
 * Connections to PostgreSQL. Each is one role in one schema with the limits that keep a hung database from hanging a
 * request: a statement ends after 2.5 s, a lock wait after 2 s, an idle transaction after 15 s.
 */
import { drizzle, type PostgresJsDatabase, type PostgresJsQueryResultHKT } from 'drizzle-orm/postgres-js'
import type { PgDatabase } from 'drizzle-orm/pg-core'
import postgres from 'postgres'
import { createFreshClient } from './fresh-client.ts'
import { isPooledByTransaction } from './pooler-probe.ts'
import { createStatementNaming } from './prepared-statements.ts'

export type Db = PostgresJsDatabase<Record<string, never>>
export type Tx = Parameters<Parameters<Db['transaction']>[0]>[0]
/** What a database and a transaction have in common: everything a store needs. */
export type Queryable = PgDatabase<PostgresJsQueryResultHKT, Record<string, never>>

export type PostgresConnection = {
  db: Db
  /** Lets running queries end for at most 5 s, then closes. */
  close(): Promise<void>
  /**
   * Resolves when the server answers and its session has our settings. A pooler that drops them, or gives each
   * transaction another session, would run statements without their limits and in another schema.
   */
  ping(): Promise<void>
}

const statementTimeoutMs = 2500
const foreignSession =
  'The session does not have the settings it was opened with: a pooler has to be in session mode and to keep ' +
  'search_path and the timeouts'

const sharedSession =
  'A pooler gives each transaction another session of the server: it has to be in session mode, because settings and ' +
  'prepared statements belong to a session'

/**
 * Opens nothing by itself: the first query connects. `max` is the number of connections, 10 when absent; `prepare`
 * names the statements that are asked again and again, true when absent.
 */
export function connectPostgres(options: {
  url: string
  schema: string
  applicationName: string
  max?: number
  prepare?: boolean
}): PostgresConnection {
  const open = (max = options.max ?? 10): postgres.Sql =>
    postgres(options.url, {
      max,
      connect_timeout: 2,
      idle_timeout: 60,
      max_lifetime: 60 * 30,
      onnotice: () => {},
      // Where nothing may have a name, drizzle's built queries ask for one in vain.
      prepare: options.prepare !== false,
      connection: {
        application_name: options.applicationName,
        search_path: options.schema,
        statement_timeout: statementTimeoutMs,
        lock_timeout: 2000,
        idle_in_transaction_session_timeout: 15_000,
        TimeZone: 'UTC',
      },
    })
  // drizzle sets the parsers of the client it is given: each new one has to pass through it.
  const make = (): postgres.Sql => {
    const fresh = open()
    drizzle(fresh)
    return fresh
  }
  const { client, close } = createFreshClient(make, options.prepare === false ? undefined : createStatementNaming())
  const db: Db = drizzle(client)
  let hasOwnSessions = false
  return {
    db,
    close,
    ping: async () => {
      const [found] = await client.unsafe<{ path: string; limit: string }[]>(
        `select current_setting('search_path') as path, current_setting('statement_timeout') as limit`,
      )
      if (found?.path !== options.schema || found.limit !== `${statementTimeoutMs}ms`) throw new Error(foreignSession)
      // Asked until it is answered once: what stands between us and the server does not change under us.
      if (!hasOwnSessions && (await isPooledByTransaction(() => open(1)))) throw new Error(sharedSession)
      hasOwnSessions = true
    },
  }
}
