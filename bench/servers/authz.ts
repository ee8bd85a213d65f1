/**
 * The real authz service as its own process on a real database, with neighbours that never say anything new, and
 * whoever may ask it. Facts of people and organizations are put into its tables; the cursors say that they are what the
 * neighbours have said.
 */
import { testDatabase } from '@gatehouse/test-kit/database'
import { testNatsUrl } from '@gatehouse/test-kit/nats'
import postgres from 'postgres'
import type { Cleanup } from './cleanup.ts'
import { createCredentials, type Credentials, type Member } from './credentials.ts'
import { startNeighbours } from './neighbours.ts'
import { createService } from './service.ts'

export type { Member }

/** One process of authz. */
export type Replica = {
  readonly port: number
  pid(): number
  call(
    method: 'PUT' | 'POST',
    path: string,
    o: { token: string; body: unknown; headers?: Record<string, string> },
  ): Promise<{ status: number; body: unknown }>
  /** Ends the process and starts another one on the same data; milliseconds until it is ready. */
  restart(): Promise<number>
  /** The metrics of the process, as Prometheus reads them; of a metric with labels by `name{label="value"}`. */
  metrics(): Promise<ReadonlyMap<string, number>>
}

export type Authz = Replica &
  Pick<Credentials, 'headersFor' | 'personToken'> & {
    /** As the service's own system role; search path and row-level security as the service has them. */
    readonly sql: postgres.Sql
    /** After many rows: the planner should know of them, as it would in a database that grew. */
    analyze(): Promise<void>
  }

export async function startAuthz(cleanup: Cleanup, o: { profileInto?: string } = {}): Promise<Authz> {
  const database = await testDatabase(cleanup, { services: ['authz'] })
  const credentials = createCredentials()
  const neighbours = await startNeighbours(cleanup, credentials.jwks)
  const sql = postgres(database.url('authz', 'system'), {
    max: 2,
    onnotice: () => {},
    connection: { search_path: 'authz' },
  })
  cleanup.teardown(() => sql.end({ timeout: 5 }))
  for (const producer of ['identity', 'orgs', 'tokens']) {
    await sql`insert into projection_cursors (projection, producer, epoch, position)
      values (${`authz--${producer}`}, ${producer}, ${neighbours.epoch}, 0)`
  }
  const env = {
    DATABASE_RUNTIME_URL: database.url('authz', 'runtime'),
    DATABASE_SYSTEM_URL: database.url('authz', 'system'),
    NATS_URL: testNatsUrl(),
    IDENTITY_URL: neighbours.url,
    ORGS_URL: neighbours.url,
    TOKENS_URL: neighbours.url,
  }
  const { headersFor, personToken } = credentials
  return {
    ...(await startReplica(cleanup, { ...o, credentials, env })),
    headersFor,
    personToken,
    sql,
    async analyze() {
      const owner = postgres(database.url('authz', 'owner'), { max: 1, onnotice: () => {} })
      await owner.unsafe(
        'vacuum analyze authz.users, authz.memberships, authz.organizations, authz.assignments, authz.roles, ' +
          'authz.policies, authz.decisions',
      )
      await owner.end({ timeout: 5 })
    },
  }
}

/** @param o.env where its database, NATS and neighbours are */
export async function startReplica(
  cleanup: Cleanup,
  o: { credentials: Credentials; env: NodeJS.ProcessEnv; profileInto?: string },
): Promise<Replica> {
  const { port, managementPort, start } = await createService(cleanup, { ...o, service: 'authz' })
  let child = await start()
  return {
    port,
    pid: () => child.pid,
    async call(method, path, { token, body, headers = {} }) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        headers: {
          ...o.credentials.headersFor(token, { method, path }),
          'content-type': 'application/json',
          ...headers,
        },
        body: JSON.stringify(body),
      })
      return { status: response.status, body: await response.json() }
    },
    async restart() {
      await child.stop()
      const started = performance.now()
      child = await start()
      return performance.now() - started
    },
    metrics: () => readMetrics(managementPort),
  }
}

async function readMetrics(managementPort: number): Promise<Map<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${managementPort}/metrics`)).text()
  return new Map(
    text
      .split('\n')
      .flatMap((line) => (/^[a-z]/.test(line) ? [line.split(/ (?=[^ ]+$)/) as [string, string]] : []))
      .map(([name, value]) => [name, Number(value)]),
  )
}
