// Servers that the operator brings along by URL: reached once, checked for version, and never started, stopped or
// emptied.
import { connect } from '@nats-io/transport-node'
import { Redis } from 'ioredis'
import postgres from 'postgres'
import { launchProblem } from '../launch-problem.ts'
import { parseVersion, REQUIREMENTS, versionObjection, type ServerName } from './versions.ts'

const CONNECT_TIMEOUT_MS = 5000

const ask: Record<ServerName, (url: string) => Promise<string>> = {
  postgres: async (url) => {
    const sql = postgres(url, { max: 1, connect_timeout: CONNECT_TIMEOUT_MS / 1000, onnotice: () => undefined })
    try {
      const [row] = await sql`select current_setting('server_version') as version`
      return String(row?.['version'])
    } finally {
      await sql.end({ timeout: 1 })
    }
  },
  redis: async (url) => {
    const client = new Redis(url, {
      lazyConnect: true,
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
      connectTimeout: CONNECT_TIMEOUT_MS,
    })
    let failure: Error | undefined
    client.on('error', (error: Error) => {
      failure = error
    })
    try {
      await client.connect()
      return /redis_version:(\S+)/.exec(await client.info('server'))?.[1] ?? ''
    } catch (error) {
      throw failure ?? error
    } finally {
      client.disconnect()
    }
  },
  nats: async (url) => {
    // A cluster may be named by several servers; one that answers speaks for all.
    const [first = '', ...others] = url.split(',')
    const { username, password, host } = new URL(first)
    const credentials =
      username === '' ? {} : { user: decodeURIComponent(username), pass: decodeURIComponent(password) }
    const connection = await connect({
      servers: [
        host,
        ...others.map((other) =>
          other
            .replace(/^nats:\/\//, '')
            .replace(/^.*@/, '')
            .replace(/\/.*$/, ''),
        ),
      ],
      ...credentials,
      reconnect: false,
      timeout: CONNECT_TIMEOUT_MS,
    })
    try {
      if (connection.info?.jetstream !== true) throw new Error('JetStream is switched off')
      return connection.info.version
    } finally {
      await connection.close()
    }
  },
}

/**
 * The URL of a server of the operator's own, or undefined if none is named.
 *
 * @throws a launch problem if it cannot be reached or is too old
 */
export async function findExternal(server: ServerName, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { label, urlVariable } = REQUIREMENTS[server]
  const url = env[urlVariable]
  if (url === undefined || url === '') return undefined
  if (!URL.canParse(url.split(',')[0] ?? ''))
    throw launchProblem(`${urlVariable} is not a URL`, `Give it as ${example[server]}, or unset it`)
  const remedy = `Start that server or correct ${urlVariable}; unset it to have a private ${label}`
  const banner = await ask[server](url).catch((error: unknown) => {
    throw launchProblem(`The ${label} that ${urlVariable} names cannot be used (${reasonOf(error)})`, remedy)
  })
  const version = parseVersion(banner)
  const objection = version === undefined ? 'it does not say its version' : versionObjection(server, version)
  if (objection !== undefined)
    throw launchProblem(`The ${label} that ${urlVariable} names cannot be used: ${objection}`, remedy)
  return url
}

const example: Record<ServerName, string> = {
  postgres: 'postgres://user:password@host:5432/postgres',
  redis: 'redis://:password@host:6379/0',
  nats: 'nats://user:password@host:4222',
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  return error instanceof Error
    ? error.message.split('\n')[0] || (error as NodeJS.ErrnoException).code || error.name
    : String(error)
}
