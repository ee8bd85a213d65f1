/**
 * What one tenant feels of another: the answers to a person's steady requests while another organization sends the
 * dearest request of each kind the API has, and how long each service's event loop was held meanwhile.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { getPriority, setPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApi, type Api } from '../../tests/platform/client.ts'
import { signIn } from '../../tests/platform/people.ts'
import type { PlatformFile } from '../../tests/platform/platform-file.ts'
import { startPlatform } from '../../tests/platform/start-platform.ts'
import { atMost, type PartResult, type Target } from '../report/result.ts'
import { quantileOf, rounded } from '../report/statistics.ts'
import type { Cleanup } from '../servers/cleanup.ts'
import { dearestRequests, prepareDear, type Dear } from '../workload/dear.ts'
import type { Effort } from './part.ts'

const wantedDelayMs = 50
const lanes = 4
/** Between two requests of the one who is innocent. */
const pauseMs = 10

type Felt = { readonly tookMs: number[]; unavailable: number; wrong: number }
/** The longest time the event loop came late, and the longest it was held by the service's own work. */
type Delay = { readonly service: string; readonly ms: number; readonly ownMs: number }
type Row = {
  readonly kind: string
  readonly felt: Felt
  readonly statuses: ReadonlyMap<number, number>
  readonly delays: readonly Delay[]
}

export async function measureNeighbour(effort: Effort, cleanup: Cleanup): Promise<PartResult> {
  const held = mkdtempSync(join(tmpdir(), 'gatehouse-held-'))
  cleanup.teardown(() => rmSync(held, { recursive: true, force: true }))
  const { platform, stop } = await startWatched(held)
  cleanup.teardown(stop)
  cleanup.teardown(standBehindThePlatform())
  const api = createApi(platform)
  const innocent = await innocentIn(api, platform)
  const attacker = await prepareDear(api, platform)
  const kinds: Dear[] = [{ kind: 'nothing', send: undefined }, ...dearestRequests(api, attacker)]
  const rows: Row[] = []
  for (const dear of kinds) {
    const row = await measureKind({ platform, held, innocent, dear, seconds: effort.quick ? 0.5 : 2 })
    rows.push(row)
    effort.note(`neighbour: ${cells(row).join(', ')}`)
  }
  return {
    part: 'neighbour',
    title: 'What a tenant feels of the dearest requests of another',
    notes: [
      `One person asks for /v1/me and for one evaluation in turn, ${pauseMs} ms between; ${lanes} connections of ` +
        `another organization send the request of the row without pause. Milliseconds, p50 / p99 / max.`,
      'Delay is the longest time an event loop came late while the row was measured, of the service where it was ' +
        'longest: its own work, and what a process waits for a core that others have. Own work is the longest CPU ' +
        'time that a thread used between two looks, 5 ms apart: what a machine with a core to spare would see.',
    ],
    table: {
      columns: ['Another tenant sends', 'answered', 'innocent, ms', '503', 'longest delay, ms', 'own work, ms'],
      rows: rows.map(cells),
    },
    targets: targetsOf(rows.flatMap(({ delays }) => delays)),
    rounds: 1,
    disagreements: rows.reduce((sum, { felt }) => sum + felt.wrong, 0),
    compared: rows.reduce((sum, { felt }) => sum + felt.tookMs.length, 0),
    measured: rows.map(({ kind, felt, statuses, delays }) => ({
      kind,
      ...quantiles(felt.tookMs),
      unavailable: felt.unavailable,
      statuses: Object.fromEntries(statuses),
      delays,
    })),
  }
}

function targetsOf(delays: readonly Delay[]): Target[] {
  const [own, all] = [delays.map(({ ownMs }) => ownMs), delays.map(({ ms }) => ms)]
  return [
    atMost('longest time held by own work', Math.max(...own), wantedDelayMs, ' ms'),
    atMost('longest delay, with what others took of two cores', Math.max(...all), wantedDelayMs, ' ms'),
  ]
}

const quantiles = (values: readonly number[]) => ({
  p50: quantileOf(values, 0.5),
  p99: quantileOf(values, 0.99),
  max: quantileOf(values, 1),
})

function cells({ kind, felt, statuses, delays }: Row): string[] {
  const longest = (of: 'ms' | 'ownMs'): string => {
    const [most] = [...delays].sort((a, b) => b[of] - a[of])
    return most === undefined ? '–' : `${rounded(most[of])} (${most.service})`
  }
  return [
    kind,
    [...statuses].map(([status, times]) => `${times} × ${status}`).join(' ') || '–',
    Object.values(quantiles(felt.tookMs)).map(rounded).join(' / '),
    String(felt.unavailable),
    longest('ms'),
    longest('ownMs'),
  ]
}

/**
 * Those who send are no part of the platform: their CPU is taken after its own. Returns how to stand beside it again,
 * which an unprivileged process is not allowed.
 */
function standBehindThePlatform(): () => void {
  const before = getPriority()
  setPriority(Math.min(19, before + 10))
  return () => {
    try {
      setPriority(before)
    } catch {
      // What is measured after this then stands behind everybody.
    }
  }
}

/** A platform whose services tell how long their own work holds them. */
async function startWatched(held: string): ReturnType<typeof startPlatform> {
  const before = process.env['NODE_OPTIONS']
  const watch = new URL('../servers/loop-held.mjs', import.meta.url)
  watch.searchParams.set('folder', held)
  process.env['NODE_OPTIONS'] = [before, `--import=${watch.href}`].filter(Boolean).join(' ')
  try {
    return await startPlatform({
      GATEWAY_RATE_LIMIT_PER_MINUTE: '10000000',
      GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE: '10000000',
    })
  } finally {
    if (before === undefined) delete process.env['NODE_OPTIONS']
    else process.env['NODE_OPTIONS'] = before
  }
}

type Innocent = () => Promise<number>

/** Asks for itself and for a decision in turn. */
async function innocentIn(api: Api, platform: PlatformFile): Promise<Innocent> {
  const [owner] = platform.demo.users
  if (!owner) throw new Error('the demo has no users')
  const { access: token } = await signIn(api, { ...owner, organization: platform.demo.organization_id })
  const question = {
    subject: { type: 'user', id: owner.id },
    action: { name: 'read' },
    resource: { type: platform.demo.catalog.resource_type, id: 'of-the-innocent' },
  }
  let turn = 0
  return async () => {
    turn += 1
    const answer =
      turn % 2 === 0
        ? await api.call('GET', '/v1/me', { token })
        : await api.call('POST', '/access/v1/evaluation', { token, body: question })
    return answer.status
  }
}

async function measureKind(o: {
  platform: PlatformFile
  held: string
  innocent: Innocent
  dear: Dear
  seconds: number
}): Promise<Row> {
  const { platform, held, innocent, dear, seconds } = o
  const felt: Felt = { tookMs: [], unavailable: 0, wrong: 0 }
  const statuses = new Map<number, number>()
  await delaysOf(platform)
  const fromMs = Date.now()
  const until = performance.now() + seconds * 1000
  const attack = async (): Promise<void> => {
    while (dear.send !== undefined && performance.now() < until) {
      const status = await dear.send().catch(() => 0)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
  }
  const ask = async (): Promise<void> => {
    while (performance.now() < until) {
      const sent = performance.now()
      const status = await innocent()
      felt.tookMs.push(performance.now() - sent)
      if (status === 503) felt.unavailable += 1
      else if (status !== 200) felt.wrong += 1
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
  await Promise.all([ask(), ...Array.from({ length: lanes }, attack)])
  const late = await delaysOf(platform)
  const delays = late.map((delay) => ({ ...delay, ownMs: heldSince(fromMs, join(held, delay.service)) }))
  return { kind: dear.kind, felt, statuses, delays }
}

/** The longest time that own work held a service since then, by its file. */
const heldSince = (fromMs: number, file: string): number =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => line.split(' ').map(Number) as [number, number])
        .reduce((most, [at, ms]) => (at > fromMs ? Math.max(most, ms) : most), 0)
    : 0

/** Since it was asked the last time. */
async function delaysOf({ management }: PlatformFile): Promise<{ service: string; ms: number }[]> {
  return Promise.all(
    Object.entries(management).map(async ([service, address]) => {
      const text = await (await fetch(`${address}/metrics`)).text()
      const seconds = /^process_event_loop_delay_max_seconds(?:\{[^}]*\})? ([0-9.e+-]+)/m.exec(text)?.[1]
      return { service, ms: Number(seconds ?? 0) * 1000 }
    }),
  )
}
