// A private Redis: append-only file, no eviction (it holds queues), a password, loopback only. The password is in a
// file only its owner can read, never on the command line.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { redisUserLines } from '@gatehouse/deploy/servers/redis-users'
import { Redis } from 'ioredis'
import { launchProblem } from '../launch-problem.ts'
import { lastWords } from '../processes/last-words.ts'
import type { ProcessSpec } from '../processes/process-spec.ts'

export type PrivateRedis = {
  binary: string
  data: string
  port: number
  /** Of the administrator. */
  password: string
  /** Of the user of each service, by name; without it there is the administrator alone. */
  passwordOf?: ((name: string) => string) | undefined
  durable: boolean
  logFile: string
}

export function redisUrl(o: Pick<PrivateRedis, 'port' | 'password'>): string {
  return `redis://:${o.password}@127.0.0.1:${o.port}/0`
}

export function redisSpec(o: PrivateRedis): ProcessSpec {
  const settings = [
    'bind 127.0.0.1',
    `port ${o.port}`,
    'protected-mode yes',
    `requirepass ${o.password}`,
    ...(o.passwordOf === undefined ? [] : redisUserLines(o.passwordOf)),
    `dir "${o.data}"`,
    'daemonize no',
    'save ""',
    `appendonly ${o.durable ? 'yes' : 'no'}`,
    'appendfsync everysec',
    'maxmemory-policy noeviction',
  ]
  const file = join(o.data, 'redis.conf')
  return {
    name: 'redis',
    command: o.binary,
    args: [file],
    env: { PATH: process.env['PATH'], LANG: 'C.UTF-8' },
    cwd: '/',
    port: o.port,
    // Redis rewrites its title to program and address.
    marker: `127.0.0.1:${o.port}`,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 10_000,
    startTimeoutMs: 30_000,
    logFile: o.logFile,
    prepare: async () => {
      mkdirSync(o.data, { recursive: true, mode: 0o700 })
      writeFileSync(file, settings.join('\n') + '\n', { mode: 0o600 })
    },
    isReady: (pid) => answersAs(o, pid),
    explain: (log) => {
      if (/already in use/.test(log) || !/Bad file format|Unrecoverable|corrupt|Fatal error/i.test(log))
        return undefined
      return launchProblem(
        `Redis cannot use its data folder ${o.data}: ${lastWords(log) ?? 'no reason given'}`,
        'Delete that folder (queued jobs are put back from PostgreSQL), or begin anew with `npm start -- --reset`',
      )
    },
  }
}

async function answersAs(o: PrivateRedis, pid: number): Promise<boolean> {
  const client = new Redis(redisUrl(o), {
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    connectTimeout: 2000,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return (await client.info('server')).includes(`process_id:${pid}\r`) && (await client.ping()) === 'PONG'
  } finally {
    client.disconnect()
  }
}
