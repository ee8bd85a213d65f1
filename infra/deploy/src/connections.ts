/**
 * How many connections to PostgreSQL a deployment holds at most: counted from the services' settings, for the reference
 * and for a test.
 */
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { STORING_SERVICES } from './services.ts'
import type { Setting } from './settings.ts'

type Settings = Record<ServiceName, readonly Setting[]>

/** Of PostgreSQL's own `max_connections` of 100 three are for its administrator. */
export const stockConnections = 97

export type Budget = { service: ServiceName; processes: number; runtime: number; system: number }

/**
 * Per storing service: how many processes one replica of it is (of workers one for each pipeline), and what each may
 * hold.
 */
export const budgetsOf = (settings: Settings): Budget[] =>
  STORING_SERVICES.map((service) => {
    const setting = (name: string) => settings[service].find((one) => one.name === name)
    return {
      service,
      processes: settings[service].find(({ from }) => from === 'split')?.options?.length ?? 1,
      runtime: Number(setting('DATABASE_POOL_RUNTIME')?.default),
      system: Number(setting('DATABASE_POOL_SYSTEM')?.default),
    }
  })

export const connectionsOf = (budgets: readonly Budget[], replicas: number): number =>
  budgets.reduce((sum, { processes, runtime, system }) => sum + replicas * processes * (runtime + system), 0)

/** docs/reference/connections.md. */
export function connectionsPage(settings: Settings): string {
  const budgets = budgetsOf(settings)
  const rows = budgets.map(
    ({ service, processes, runtime, system }) =>
      `| ${service} | ${processes} | ${runtime} + ${system} | ` +
      `${[1, 2, 3].map((replicas) => replicas * processes * (runtime + system)).join(' | ')} |`,
  )
  const sums = [1, 2, 3].map((replicas) => connectionsOf(budgets, replicas))
  return `# Connections to PostgreSQL

What every process may hold at most by default: \`DATABASE_POOL_RUNTIME\` + \`DATABASE_POOL_SYSTEM\`. Connections
are opened when they are needed and closed after a minute without use. A stock server (\`max_connections = 100\`)
gives ${stockConnections} to others than its administrator.

| Service | Processes per replica | Runtime + system | 1 replica | 2 replicas | 3 replicas |
|---|---:|---:|---:|---:|---:|
${rows.join('\n')}
| **all** | | | **${sums.join('** | **')}** |

Besides: one connection per migration job while it runs, and one per pod that waits for its schema. A rolling
upgrade starts a new process before it ends an old one. Where the sum is above what the server gives, lower the
settings, raise \`max_connections\`, or do with fewer replicas: a process that gets no connection answers 503 and is
not ready, and loses nothing.

**Poolers.** In session mode, and with the settings a session is opened with (\`search_path\`, \`statement_timeout\`,
\`lock_timeout\`, \`idle_in_transaction_session_timeout\`, \`TimeZone\`): those belong to a session, and so do prepared
statements. A service whose session lacks them does not become ready, and \`/readyz\` says so. Migrations hold an
advisory lock and go to the server itself.

PgBouncer (tried with 1.18) knows none of the first four. It refuses the connection (\`unsupported startup parameter\`)
unless \`ignore_startup_parameters\` names them, and then drops them, so that each role has to have them at the server:

\`\`\`ini
pool_mode = session
ignore_startup_parameters = search_path,statement_timeout,lock_timeout,idle_in_transaction_session_timeout
\`\`\`

\`\`\`sql
-- For the runtime role and the system role of each service, in the service's database.
ALTER ROLE orgs_runtime IN DATABASE gatehouse SET search_path = orgs;
ALTER ROLE orgs_runtime IN DATABASE gatehouse SET statement_timeout = 2500;
ALTER ROLE orgs_runtime IN DATABASE gatehouse SET lock_timeout = 2000;
ALTER ROLE orgs_runtime IN DATABASE gatehouse SET idle_in_transaction_session_timeout = 15000;
\`\`\`

So set, the pooler's \`server_reset_query = DISCARD ALL\` comes back to them. \`connect_query\` does not do: what
it sets is reset with the rest. In transaction mode a service does not become ready, and \`/readyz\` says so: at its
start it asks two connections which session of the server they have.
`
}
