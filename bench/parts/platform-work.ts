/**
 * What ordinary requests cost on the running platform: rates, and CPU of every process per request. P7, P8, P12 and P13
 * are made of it.
 */
import { closedLoop, createAsker, type Ask } from '../load/closed-loop.ts'
import { rounded, medianOf } from '../report/statistics.ts'
import type { Person, Platform } from '../servers/platform.ts'

export type Cost = {
  readonly perSecond: number
  readonly p99Ms: number
  readonly failed: number
  readonly count: number
  /** Microseconds per request, by process. */
  readonly cpuUs: Readonly<Record<string, number>>
  readonly totalUs: number
}

/** One kind of work, measured; what its processes did before and after it is settled is not counted to it. */
export async function measureWork(
  platform: Pick<Platform, 'cpu'>,
  o: { callers: number; seconds: number },
  once: (caller: number) => Promise<boolean>,
): Promise<Cost> {
  const before = platform.cpu()
  const loop = await closedLoop(o, once)
  // What a request leaves behind (the relay, the readers of its event) belongs to it.
  await new Promise((resolve) => setTimeout(resolve, 1500))
  const cpuUs = Object.fromEntries(
    [...platform.cpu()].map(([name, used]) => [name, (used - (before.get(name) ?? 0)) / loop.count]),
  )
  return { ...loop, cpuUs, totalUs: Object.values(cpuUs).reduce((sum, us) => sum + us, 0) }
}

export type Tokens = { access_token: string; refresh_token: string }

export const logIn = async (ask: Ask, { email, password }: Person): Promise<Tokens> => {
  const { status, body } = await ask('POST', '/v1/auth/login', { body: { email, password } })
  if (status !== 200) throw new Error(`login: ${status} ${body}`)
  return JSON.parse(body) as Tokens
}

export type Work = { readonly name: string; run(seconds: number): Promise<Cost> }

/** The kinds of work, by the names of the benchmarks they belong to. */
export function worksOf(platform: Platform): Record<'p7' | 'p8' | 'p12' | 'members', Work> {
  const ask = createAsker(platform.gateway)
  const personOf = (n: number): Person => platform.people[n % platform.people.length] as Person
  const reading = (name: string, path: string): Work => ({
    name,
    run: async (seconds) => {
      const { access_token: token } = await logIn(ask, personOf(0))
      return measureWork(
        platform,
        { callers: 32, seconds },
        async () => (await ask('GET', path, { token })).status === 200,
      )
    },
  })
  return {
    p7: {
      name: 'login',
      run: (seconds) =>
        measureWork(
          platform,
          { callers: 8, seconds },
          async (caller) => (await logIn(ask, personOf(caller))) !== undefined,
        ),
    },
    p8: {
      name: 'refresh',
      run: async (seconds) => {
        // One after another: the queue of the hashes is fair per source, and all of these are one.
        const chains: Tokens[] = []
        while (chains.length < 16) chains.push(await logIn(ask, personOf(chains.length)))
        return measureWork(platform, { callers: 16, seconds }, async (caller) => {
          const body = { refresh_token: chains[caller]?.refresh_token }
          const answer = await ask('POST', '/v1/auth/refresh', { body })
          if (answer.status !== 200) return false
          chains[caller] = JSON.parse(answer.body) as Tokens
          return true
        })
      },
    },
    p12: reading('GET /v1/me', '/v1/me'),
    members: reading('GET …/members', `/v1/organizations/${platform.organizationId}/members`),
  }
}

export const processes = [
  'gateway',
  'identity',
  'tokens',
  'orgs',
  'authz',
  'workers',
  'postgres',
  'nats',
  'redis',
] as const

export const costColumns = ['Work', 'requests/s', 'p99 ms', 'failed', 'CPU µs in all', ...processes]

export const costRow = (name: string, costs: readonly Cost[]): string[] => [
  name,
  rounded(medianOf(costs.map(({ perSecond }) => perSecond))),
  rounded(medianOf(costs.map(({ p99Ms }) => p99Ms))),
  String(costs.reduce((sum, { failed }) => sum + failed, 0)),
  rounded(medianOf(costs.map(({ totalUs }) => totalUs))),
  ...processes.map((process) => rounded(medianOf(costs.map(({ cpuUs }) => cpuUs[process] ?? NaN)))),
]
