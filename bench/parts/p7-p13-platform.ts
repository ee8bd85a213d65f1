/**
 * P7, P8, P10, P12 and P13 on one running platform, each beside its peer in the same rounds: bare argon2id, pgbench,
 * empty stubs, two bare hops with one SELECT, nothing. Then P14 on the same platform.
 */
import { fileURLToPath } from 'node:url'
import { createAsker } from '../load/closed-loop.ts'
import { bareHashesPerSecond } from '../load/bare-hashes.ts'
import { findPgbench, pgbenchRotations, prepareTables } from '../load/pgbench.ts'
import { atLeast, atMost, ratioOf, type PartResult, type Target } from '../report/result.ts'
import { medianOf, rounded } from '../report/statistics.ts'
import { answersOk, freePort, startChild } from '../servers/child.ts'
import type { Cleanup } from '../servers/cleanup.ts'
import { startEmptyStubs } from '../servers/empty-stubs.ts'
import { memoryOf, startPlatform, type Platform } from '../servers/platform.ts'
import { measureDay } from './p14-day.ts'
import type { Effort } from './part.ts'
import { costColumns, costRow, measureWork, processes, worksOf, type Cost } from './platform-work.ts'

const seconds = 6
/** Code that V8 has not compiled yet costs twice as much; a platform in use, like its peers, has had the time. */
const warmUpSeconds = 10
const idleSeconds = 20

type Round = { hashes: number; rotations: number | undefined; bare: Cost; idle: Readonly<Record<string, number>> }

export async function measurePlatform(effort: Effort, cleanup: Cleanup): Promise<PartResult[]> {
  const platform = await startPlatform(cleanup)
  const memory = await memoryResult(platform, cleanup)
  const works = worksOf(platform)
  const pgbench = await findPgbench(effort.note)
  await prepareTables(platform.adminUrl)
  const bare = await startBareHops(cleanup, platform)
  for (const work of Object.values(works)) await work.run(warmUpSeconds)
  const costs: Record<keyof typeof works, Cost[]> = { p7: [], p8: [], p12: [], members: [] }
  const rounds: Round[] = []
  for (let round = 1; round <= effort.rounds; round += 1) {
    for (const [part, work] of Object.entries(works) as [keyof typeof works, (typeof works)['p7']][]) {
      const cost = await work.run(seconds)
      costs[part].push(cost)
      effort.note(`round ${round}, ${work.name}: ${rounded(cost.perSecond)}/s, ${rounded(cost.totalUs)} µs`)
    }
    rounds.push({
      hashes: await bareHashesPerSecond(3),
      rotations: await pgbenchRotations(pgbench, { adminUrl: platform.adminUrl, clients: 16, seconds: 4 }),
      bare: await bare(),
      idle: await idle(platform),
    })
  }
  return [requestsResult(costs, rounds), memory, idleResult(platform, rounds), await measureDay(platform, effort)]
}

/** The CPU of two bare hops is that of their processes and of PostgreSQL. */
async function startBareHops(cleanup: Cleanup, platform: Platform): Promise<() => Promise<Cost>> {
  const [front, back] = [await freePort(), await freePort()]
  const script = fileURLToPath(new URL('../servers/bare-hops.ts', import.meta.url))
  const start = (role: 'front' | 'back', port: number) =>
    startChild(cleanup, {
      name: `the bare ${role} hop`,
      command: process.execPath,
      args: ['--import', 'tsx', script, String(front), String(back), platform.adminUrl, role],
      isReady: () => answersOk(`http://127.0.0.1:${port}`),
    })
  const pids = [(await start('back', back)).pid, (await start('front', front)).pid]
  const ask = createAsker(`http://127.0.0.1:${front}`)
  const run = () =>
    measureWork(platform.with(pids), { callers: 32, seconds: 4 }, async () => (await ask('GET', '/')).status === 200)
  await run()
  return run
}

async function idle(platform: Platform): Promise<Record<string, number>> {
  await new Promise((resolve) => setTimeout(resolve, 3000))
  const before = platform.cpu()
  await new Promise((resolve) => setTimeout(resolve, idleSeconds * 1000))
  return Object.fromEntries(
    [...platform.cpu()].map(([name, used]) => [name, (used - (before.get(name) ?? 0)) / idleSeconds / 10_000]),
  )
}

function requestsResult(costs: Record<'p7' | 'p8' | 'p12' | 'members', Cost[]>, rounds: readonly Round[]): PartResult {
  const rates = (list: readonly Cost[]) => list.map(({ perSecond }) => perSecond)
  const totals = (list: readonly Cost[]) => list.map(({ totalUs }) => totalUs)
  const hashes = rounds.map((round) => round.hashes)
  const rotations = rounds.map((round) => round.rotations ?? NaN)
  const bare = rounds.map((round) => round.bare)
  const all = Object.values(costs).flat()
  const targets: Target[] = [
    atLeast('P7, logins to bare argon2id', ratioOf(rates(costs.p7), hashes), 0.9),
    ...(rotations.some(Number.isNaN)
      ? []
      : [atLeast('P8, refreshes to pgbench', ratioOf(rates(costs.p8), rotations), 1)]),
    atMost('P12, CPU of GET /v1/me to two bare hops', ratioOf(totals(costs.p12), totals(bare)), 4),
    atMost('P12, CPU of GET …/members to two bare hops', ratioOf(totals(costs.members), totals(bare)), 4),
  ]
  return {
    part: 'P7',
    title: 'P7, P8 and P12: ordinary requests on the whole platform, CPU µs of every process per request',
    notes: [
      `Built output, production mode, fsync on, ${warmUpSeconds} s of each work before the rounds; load, platform ` +
        `and peers share the machine. Bare argon2id: ` +
        `${rounded(medianOf(hashes))}/s; pgbench with the statements of a rotation: ${rounded(medianOf(rotations))}/s.`,
    ],
    table: {
      columns: costColumns,
      rows: [
        costRow('login, 8 callers', costs.p7),
        costRow('refresh, 16 chains', costs.p8),
        costRow('GET /v1/me, 32 callers', costs.p12),
        costRow('GET …/members, 32 callers', costs.members),
        costRow('two bare hops, one SELECT', bare),
      ],
    },
    targets,
    disagreements: all.reduce((sum, { failed }) => sum + failed, 0),
    compared: all.reduce((sum, { count }) => sum + count, 0),
    measured: { costs, rounds },
  }
}

function idleResult(platform: Platform, rounds: readonly Round[]): PartResult {
  const services = processes.slice(0, 6)
  const shareOf = (name: string) => medianOf(rounds.map(({ idle }) => idle[name] ?? NaN))
  const inAll = rounds.map(({ idle }) => services.reduce((sum, name) => sum + (idle[name] ?? 0), 0))
  const memory = platform.memory()
  const memoryMb = sumOf(memory.values())
  return {
    part: 'P13',
    title: 'P13: the platform at rest, after load',
    notes: ['CPU as a share of one core; memory is the proportional set size of the six services.'],
    table: {
      columns: ['', 'services', ...processes],
      rows: [
        ['% of a core', rounded(medianOf(inAll)), ...processes.map((name) => rounded(shareOf(name)))],
        ['MB', rounded(memoryMb), ...processes.map((name) => rounded(memory.get(name) ?? NaN))],
      ],
    },
    targets: [atMost('P13, of a core', medianOf(inAll), 2, ' %'), atMost('P13, memory', memoryMb, 450, ' MB')],
    disagreements: 0,
    compared: rounds.length,
    measured: { rounds, memory: Object.fromEntries(memory) },
  }
}

const sumOf = (values: Iterable<number>): number => [...values].reduce((sum, value) => sum + value, 0)

/** Before any load, and before the stubs have to share a machine with it. */
async function memoryResult(platform: Platform, cleanup: Cleanup): Promise<PartResult> {
  const memory = platform.memory()
  const stubs = (await startEmptyStubs(cleanup, memory.size)).map(memoryOf)
  const ratio = sumOf(memory.values()) / sumOf(stubs)
  return {
    part: 'P10',
    title: 'P10: memory of the started services',
    notes: ['Proportional set size in MB; a stub is a Fastify server with one route, started with the same flags.'],
    table: {
      columns: ['', 'six', ...memory.keys()],
      rows: [
        ['services', rounded(sumOf(memory.values())), ...[...memory.values()].map(rounded)],
        ['empty stubs', rounded(sumOf(stubs)), ...stubs.map(rounded)],
      ],
    },
    targets: [atMost('P10, memory of six services to six empty stubs', ratio, 1.4)],
    disagreements: 0,
    compared: memory.size,
    measured: { services: Object.fromEntries(memory), stubs },
  }
}
