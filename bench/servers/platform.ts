/**
 * The whole platform as it ships (built output, production mode, fsync on) in a folder of its own, and the CPU time of
 * each of its processes.
 */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createAssertionSigner } from '@gatehouse/access/tokens/assertion'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import type { Cleanup } from './cleanup.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

export type Person = { readonly email: string; readonly password: string; readonly id: string }
export type Platform = {
  readonly gateway: string
  /** URL of the administrator of its PostgreSQL. */
  readonly adminUrl: string
  readonly organizationId: string
  /** Sends one internal request as that service, and returns the body of a good answer. */
  askAs(service: ServiceName, o: { to: ServiceName; path: string; body: object }): Promise<Record<string, unknown>>
  readonly people: readonly Person[]
  /** Microseconds of CPU that each process has used so far. */
  cpu(): ReadonlyMap<string, number>
  /** The same platform, with other processes counted in the place of its services. */
  with(pids: readonly number[]): Platform
  /** The same with the CPU of one other process and of nothing else, in the place of the gateway. */
  only(pid: number): Platform
  /** Proportional set size of each service, in MB. */
  memory(): ReadonlyMap<string, number>
}

type PlatformFile = {
  gateway: string
  processes: Record<string, number>
  demo: { organization_id: string; users: Person[] }
}
const services = ['gateway', 'identity', 'tokens', 'orgs', 'authz', 'workers']
/** Budgets per minute would measure themselves, and receivers of logout tokens are on this machine. */
const settingsOfBench = {
  GATEWAY_RATE_LIMIT_PER_MINUTE: '0',
  GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE: '0',
  GATEWAY_CHECK_LIMIT_PER_MINUTE: '0',
  WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8',
}

export async function startPlatform(cleanup: Cleanup): Promise<Platform> {
  execFileSync('npm', ['run', '-s', 'build'], { cwd: root, stdio: 'ignore' })
  const data = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))
  const args = ['--import', 'tsx', 'infra/local/src/start.ts', '--built', 'dist']
  const env = { ...process.env, GATEHOUSE_DATA: data, ...settingsOfBench }
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: 'ignore' })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  cleanup.teardown(async () => {
    if (child.exitCode === null) child.kill('SIGTERM')
    await exited
    rmSync(data, { recursive: true, force: true })
  })
  const file = join(data, 'platform.json')
  await waitUntil('the platform is ready', async () => existsSync(file), 240_000)
  const { gateway, processes, demo } = JSON.parse(readFileSync(file, 'utf8')) as PlatformFile
  const settings = JSON.parse(readFileSync(join(data, 'settings.json'), 'utf8')) as {
    passwords: Record<string, string>
    ports: Record<string, number>
  }
  const servers = (): [string, number][] =>
    ['postgres', 'nats', 'redis'].map((name) => [name, cpuOf(processes[name] ?? 0, name === 'postgres')])
  const platform: Platform = {
    gateway,
    adminUrl:
      `postgres://gatehouse_admin:${settings.passwords['postgres']}@` +
      `127.0.0.1:${settings.ports['postgres']}/gatehouse`,
    organizationId: demo.organization_id,
    askAs: (service, { to, path, body }) =>
      askInternally({ keys: join(data, 'keys'), service, to, port: settings.ports[to] ?? 0, path, body }),
    people: demo.users,
    cpu: () => new Map([...services.map((name) => [name, cpuOf(processes[name] ?? 0, false)] as const), ...servers()]),
    with: (pids) => ({
      ...platform,
      cpu: () => new Map([...pids.map((pid) => [String(pid), cpuOf(pid, false)] as const), ...servers()]),
    }),
    only: (pid) => ({ ...platform, cpu: () => new Map([['gateway', cpuOf(pid, false)]]) }),
    memory: () => new Map(services.map((name) => [name, memoryOf(processes[name] ?? 0)])),
  }
  return platform
}

type Internal = { keys: string; service: ServiceName; to: ServiceName; port: number; path: string; body: object }

async function askInternally({ keys, service, to, port, path, body }: Internal): Promise<Record<string, unknown>> {
  const privateJwk = JSON.parse(readFileSync(join(keys, `${service}.jwk.json`), 'utf8')) as { kid: string }
  const assertion = createAssertionSigner({ service, privateJwk }).assertionFor(to, { method: 'POST', path })
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${assertion}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`POST ${path} answered ${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as Record<string, unknown>
}

const usPerTick = 10_000

type Stat = { readonly parent: number; readonly own: number; readonly ended: number }

function statOf(pid: number | string): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const at = (index: number): number => fields[index] ?? 0
    return { parent: at(1), own: at(11) + at(12), ended: at(13) + at(14) }
  } catch {
    return undefined
  }
}

/** With `children`, those that run and those that have ended. */
export function cpuOf(pid: number, children: boolean): number {
  const main = statOf(pid)
  if (main === undefined) return 0
  if (!children) return main.own * usPerTick
  const backends = childrenOf(pid).map(statOf)
  return backends.reduce((sum, stat) => sum + (stat?.own ?? 0), main.own + main.ended) * usPerTick
}

export const childrenOf = (pid: number): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && statOf(name)?.parent === pid)
    .map(Number)

/** Proportional set size in MB: what processes share counts in equal parts. */
export function memoryOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? NaN) / 1024
}
