// A private NATS server with JetStream: a password, loopback only, and limits on its store (by default it would claim
// three quarters of the machine's memory).
import { natsAdministrator, natsAuthorization } from '@gatehouse/deploy/servers/bus-users'
import { connect } from '@nats-io/transport-node'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { launchProblem } from '../launch-problem.ts'
import { lastWords } from '../processes/last-words.ts'
import type { ProcessSpec } from '../processes/process-spec.ts'

const USER = natsAdministrator

export type PrivateNats = {
  binary: string
  data: string
  port: number
  /** Of the administrator. */
  password: string
  /** Of the user of each service, by name; without it there is the administrator alone. */
  passwordOf?: ((name: string) => string) | undefined
  logFile: string
}

export function natsUrl(o: Pick<PrivateNats, 'port' | 'password'>): string {
  return `nats://${USER}:${o.password}@127.0.0.1:${o.port}`
}

export function natsSpec(o: PrivateNats): ProcessSpec {
  const serverName = `gatehouse-local-${o.port}`
  const settings = [
    `server_name: "${serverName}"`,
    `listen: "127.0.0.1:${o.port}"`,
    o.passwordOf === undefined
      ? `authorization { user: "${USER}", password: "${o.password}" }`
      : natsAuthorization((name) => (name === 'nats' ? o.password : (o.passwordOf?.(name) ?? ''))),
    `jetstream { store_dir: "${o.data}", max_memory_store: 256MB, max_file_store: 4GB, sync_interval: "10s" }`,
    'lame_duck_duration: "30s"',
  ]
  const file = join(o.data, 'nats.conf')
  return {
    name: 'nats',
    command: o.binary,
    args: ['-c', file],
    env: { PATH: process.env['PATH'] },
    cwd: '/',
    port: o.port,
    marker: file,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 10_000,
    startTimeoutMs: 30_000,
    logFile: o.logFile,
    prepare: async () => {
      mkdirSync(o.data, { recursive: true, mode: 0o700 })
      writeFileSync(file, settings.join('\n') + '\n', { mode: 0o600 })
    },
    isReady: () => answersAs(o, serverName),
    explain: (log) => {
      if (/address already in use/.test(log) || !/\[FTL\]|nats-server:/.test(log)) return undefined
      return launchProblem(
        `NATS cannot start over ${o.data}: ${lastWords(log) ?? 'no reason given'}`,
        'Delete that folder (its contents are published again from PostgreSQL), or begin anew with `npm start -- --reset`',
      )
    },
  }
}

async function answersAs(o: PrivateNats, serverName: string): Promise<boolean> {
  const connection = await connect({
    servers: `127.0.0.1:${o.port}`,
    user: USER,
    pass: o.password,
    reconnect: false,
    timeout: 2000,
  })
  try {
    return connection.info?.server_name === serverName && connection.info.jetstream === true
  } finally {
    await connection.close()
  }
}
