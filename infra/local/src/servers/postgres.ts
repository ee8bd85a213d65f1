// A private PostgreSQL: its data folder made once, all or nothing, and the server run over it on loopback with a
// password. PostgreSQL refuses to run as root, so root runs it as `nobody`. A lock file is only removed when the
// process it names is provably something else; a dead owner is PostgreSQL's own business, which also checks for
// orphaned backends.
import { execFile } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import postgres from 'postgres'
import { launchProblem } from '../launch-problem.ts'
import { lastWords } from '../processes/last-words.ts'
import { commandLine, isAlive, stopLeftover } from '../processes/process-facts.ts'
import type { ProcessSpec } from '../processes/process-spec.ts'
import { firstLine } from './apt.ts'

const run = promisify(execFile)
const SUPERUSER = 'gatehouse_admin'

export type PrivatePostgres = {
  /** Folder with `postgres` and `initdb`. */
  binaries: string
  data: string
  port: number
  password: string
  /** Off only for databases that may be lost: tests. */
  durable: boolean
  logFile: string
  account?: { uid: number; gid: number } | undefined
}

/** The administrator's URL of the private server. */
export function postgresUrl(o: Pick<PrivatePostgres, 'port' | 'password'>): string {
  return `postgres://${SUPERUSER}:${o.password}@127.0.0.1:${o.port}/postgres`
}

export function postgresSpec(o: PrivatePostgres): ProcessSpec {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(o.port),
    unix_socket_directories: '',
    max_connections: '300',
    ...(o.durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  }
  return {
    name: 'postgres',
    command: join(o.binaries, 'postgres'),
    args: ['-D', o.data, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
    env: serverEnvironment(),
    cwd: '/',
    account: o.account,
    port: o.port,
    marker: o.data,
    // "Fast shutdown": sessions are ended, data is flushed.
    stopSignal: 'SIGINT',
    stopTimeoutMs: 20_000,
    startTimeoutMs: 60_000,
    logFile: o.logFile,
    prepare: async () => {
      if (existsSync(o.data)) await clearLock(o.data)
      else await initialize(o)
      checkFolder(o)
    },
    isReady: () => answersFrom(o),
    explain: (log) => explainFailure(o, log),
  }
}

function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LANG: 'C.UTF-8', LC_ALL: 'C', TZ: 'UTC' }
}

async function initialize(o: PrivatePostgres): Promise<void> {
  const fresh = `${o.data}.new`
  const passwordFile = `${o.data}.password`
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { recursive: true, mode: 0o700 })
  writeFileSync(passwordFile, o.password, { mode: 0o600 })
  if (o.account !== undefined) for (const path of [fresh, passwordFile]) chownSync(path, o.account.uid, o.account.gid)
  const args = [
    '-D',
    fresh,
    '-U',
    SUPERUSER,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
  ]
  try {
    await run(join(o.binaries, 'initdb'), [...args, ...(o.durable ? [] : ['--no-sync'])], {
      cwd: '/',
      env: serverEnvironment(),
      ...(o.account ?? {}),
    })
    renameSync(fresh, o.data)
  } catch (error) {
    throw launchProblem(
      `PostgreSQL could not make its data folder ${o.data} (${firstLine(error)})`,
      'Check that the disk has room and that the folder above it may be written',
    )
  } finally {
    rmSync(passwordFile, { force: true })
    rmSync(fresh, { recursive: true, force: true })
  }
}

function checkFolder(o: PrivatePostgres): void {
  if (existsSync(join(o.data, 'PG_VERSION')) && existsSync(join(o.data, 'global', 'pg_control'))) return
  throw corrupt(o, 'essential files are missing')
}

function corrupt(o: PrivatePostgres, reason: string): Error {
  return launchProblem(
    `PostgreSQL cannot use its data folder ${o.data}: ${reason}`,
    'Put back a copy of the folder, run the PostgreSQL that made it, or name another folder with GATEHOUSE_DATA; ' +
      'nothing of it was changed',
  )
}

async function clearLock(data: string): Promise<void> {
  const lock = join(data, 'postmaster.pid')
  if (!existsSync(lock)) return
  const pid = Number.parseInt(readFileSync(lock, 'utf8').split('\n')[0] ?? '', 10)
  if (!Number.isInteger(pid) || pid <= 1 || !isAlive(pid)) return
  if (await stopLeftover({ pid, marker: data, signal: 'SIGINT', timeoutMs: 10_000 })) return
  // The number was given to some other program since, for instance after a reboot.
  if (commandLine(pid) !== '') rmSync(lock, { force: true })
}

async function answersFrom(o: PrivatePostgres): Promise<boolean> {
  const sql = postgres(postgresUrl(o), { max: 1, connect_timeout: 2, idle_timeout: 1, onnotice: () => undefined })
  try {
    const [row] = await sql`select current_setting('data_directory') as data`
    return row?.['data'] === o.data
  } finally {
    await sql.end({ timeout: 1 })
  }
}

function explainFailure(o: PrivatePostgres, log: string): Error | undefined {
  const reason =
    lastWords(
      log
        .split('\n')
        .filter((line) => /FATAL|PANIC/.test(line))
        .slice(0, 1)
        .join('\n'),
    ) ?? ''
  if (/could not bind|Address already in use|could not create any TCP/i.test(log)) return undefined
  if (/No space left on device/.test(log))
    return launchProblem(
      'PostgreSQL cannot start: the disk is full',
      `Free some space on the disk that holds ${dirname(o.data)}`,
    )
  if (/pre-existing shared memory block|starting up|lock file/.test(reason)) return undefined
  return reason === '' ? undefined : corrupt(o, reason.replace(/^.*(FATAL|PANIC):\s*/, ''))
}
