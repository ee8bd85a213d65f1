/**
 * Keycloak with a PostgreSQL of its own, fsync on: one realm, one public client, and people with passwords. Refresh
 * tokens rotate there as ours do (`revokeRefreshToken`).
 */
import { execFile, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startProcess } from '@gatehouse/local/processes/start-process'
import { listOnPath } from '@gatehouse/local/servers/find-binary'
import { cacheFolder } from '@gatehouse/local/servers/folders'
import { planServer } from '@gatehouse/local/servers/plan'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { answersOk, freePort } from './child.ts'
import type { Cleanup } from './cleanup.ts'
import { childrenOf, cpuOf, memoryOf, type Person } from './platform.ts'

const run = promisify(execFile)
const version = '26.7.3'
const realm = 'bench'

export type Keycloak = {
  /** Address of the realm's endpoints. */
  readonly endpoints: string
  readonly clientId: string
  readonly people: readonly Person[]
  /** Microseconds of CPU that each process has used so far. */
  cpu(): ReadonlyMap<string, number>
  /** Proportional set size of the server without its database, in MB. */
  memoryMb(): number
}

/** From `KEYCLOAK_HOME`, or fetched once by Maven; undefined, with a note, where there is neither. */
export async function findKeycloak(note: (text: string) => void): Promise<string | undefined> {
  const given = process.env['KEYCLOAK_HOME']
  if (given !== undefined) return given
  const path = process.env['PATH'] ?? ''
  const [maven] = listOnPath('mvn', path)
  const [jar] = listOnPath('jar', path)
  const folder = join(cacheFolder(process.env), `keycloak-${version}`)
  if (existsSync(folder)) return folder
  if (maven === undefined || jar === undefined) {
    note('no Keycloak: KEYCLOAK_HOME names none, and Maven and a JDK are not there to fetch it')
    return undefined
  }
  const fetched = mkdtempSync(join(tmpdir(), 'gatehouse-keycloak-'))
  try {
    note(`fetching Keycloak ${version}`)
    const artifact = `org.keycloak:keycloak-quarkus-dist:${version}:zip`
    await run(maven, ['-q', 'dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${fetched}`])
    await run(jar, ['xf', `keycloak-quarkus-dist-${version}.zip`], { cwd: fetched })
    renameSync(join(fetched, `keycloak-${version}`), folder)
    return folder
  } catch {
    note('Keycloak could not be fetched: its rows are left out')
    return undefined
  } finally {
    rmSync(fetched, { recursive: true, force: true })
  }
}

/** @param home the unpacked distribution; it is copied, because Keycloak writes into it */
export async function startKeycloak(cleanup: Cleanup, home: string, count: number): Promise<Keycloak> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-keycloak-'))
  chmodSync(folder, 0o711)
  cleanup.teardown(async () => rmSync(folder, { recursive: true, force: true }))
  const database = await startDatabase(cleanup, folder)
  const own = join(folder, 'keycloak')
  await run('cp', ['-r', home, own])
  const people = Array.from({ length: count }, (_, n) => ({
    id: String(n),
    email: `person-${n}@example.com`,
    password: `correct horse ${n} battery staple`,
  }))
  mkdirSync(join(own, 'data/import'), { recursive: true })
  writeFileSync(join(own, 'data/import/realm.json'), JSON.stringify(realmOf(people)))
  const port = await freePort()
  const pid = await startServer(cleanup, { own, port, database })
  return {
    endpoints: `http://127.0.0.1:${port}/realms/${realm}/protocol/openid-connect`,
    clientId: 'application',
    people,
    cpu: () =>
      new Map([
        ['keycloak', cpuOf(pid, false)],
        ['postgres', cpuOf(database.pid, true)],
      ]),
    memoryMb: () => memoryOf(pid),
  }
}

const realmOf = (people: readonly Person[]) => ({
  realm,
  enabled: true,
  sslRequired: 'none',
  revokeRefreshToken: true,
  refreshTokenMaxReuse: 0,
  accessTokenLifespan: 300,
  clients: [
    {
      clientId: 'application',
      enabled: true,
      publicClient: true,
      directAccessGrantsEnabled: true,
      redirectUris: ['*'],
    },
  ],
  users: people.map(({ email, password }) => ({
    username: email,
    email,
    emailVerified: true,
    enabled: true,
    firstName: 'Ann',
    lastName: 'Example',
    credentials: [{ type: 'password', value: password }],
  })),
})

type Database = { url: string; pid: number }

async function startDatabase(cleanup: Cleanup, folder: string): Promise<Database> {
  const plan = await planServer.postgres({
    env: { ...process.env, DATABASE_URL: undefined, GATEHOUSE_DATABASE_URL: undefined },
    data: folder,
    logs: folder,
    durable: true,
    password: () => 'keycloak-of-the-bench',
    note: () => undefined,
  })
  if (plan.spec === undefined) throw new Error('no PostgreSQL of its own for Keycloak')
  const started = await startProcess(plan.spec, () => undefined)
  cleanup.teardown(() => started.stop())
  return { url: plan.url, pid: started.pid }
}

async function startServer(cleanup: Cleanup, o: { own: string; port: number; database: Database }): Promise<number> {
  const script = join(o.own, 'bin/kc.sh')
  const { hostname, port, username, password } = new URL(o.database.url)
  const env = {
    ...process.env,
    KC_DB: 'postgres',
    KC_DB_URL: `jdbc:postgresql://${hostname}:${port}/postgres`,
    KC_DB_USERNAME: username,
    KC_DB_PASSWORD: password,
    KC_CACHE: 'local',
  }
  await run('sh', [script, 'build'], { env })
  const args = [script, 'start', '--optimized', '--import-realm', '--http-enabled=true', `--http-port=${o.port}`]
  const child = spawn('sh', [...args, '--http-host=127.0.0.1', '--hostname-strict=false'], { env, stdio: 'ignore' })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  cleanup.teardown(async () => {
    if (child.exitCode === null) child.kill('SIGTERM')
    await exited
  })
  await waitUntil(
    'Keycloak answers',
    async () => {
      if (child.exitCode !== null) throw new Error(`Keycloak ended with ${child.exitCode}`)
      return answersOk(`http://127.0.0.1:${o.port}/realms/${realm}`).catch(() => false)
    },
    180_000,
  )
  // The script starts the server as its only child.
  return childrenOf(child.pid ?? 0)[0] ?? 0
}
