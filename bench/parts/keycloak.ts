/**
 * The whole platform beside Keycloak: a login by password, a refresh that rotates, and what the person’s own data cost,
 * with the CPU of every process. Both are warm, each has a PostgreSQL of its own with fsync on, and while one works the
 * other rests.
 */
import { createAsker, type Ask } from '../load/closed-loop.ts'
import { atLeast, atMost, ratioOf, type PartResult } from '../report/result.ts'
import { medianOf, rounded } from '../report/statistics.ts'
import type { Cleanup } from '../servers/cleanup.ts'
import { findKeycloak, startKeycloak, type Keycloak } from '../servers/keycloak.ts'
import { startPlatform, type Platform } from '../servers/platform.ts'
import type { Effort } from './part.ts'
import { measureWork, worksOf, type Cost, type Tokens, type Work } from './platform-work.ts'

const seconds = 6
/** A virtual machine compiles what it has seen often. */
const warmSeconds = 15
const kinds = ['p7', 'p8', 'p12'] as const
type Kind = (typeof kinds)[number]
const names: Record<Kind, string> = { p7: 'login', p8: 'refresh', p12: 'own data (GET /v1/me, userinfo)' }
type Rounds = Record<Kind, Cost[]>

/** Undefined where there is no Keycloak. */
export async function measureBesideKeycloak(effort: Effort, cleanup: Cleanup): Promise<PartResult | undefined> {
  const home = await findKeycloak(effort.note)
  if (home === undefined) return undefined
  const platform = await startPlatform(cleanup)
  const keycloak = await startKeycloak(cleanup, home, 16)
  const all = { ours: worksOf(platform), theirs: keycloakWorks(keycloak) }
  const costs: Record<keyof typeof all, Rounds> = {
    ours: { p7: [], p8: [], p12: [] },
    theirs: { p7: [], p8: [], p12: [] },
  }
  for (let round = 0; round <= effort.rounds; round += 1)
    for (const kind of kinds)
      for (const who of ['ours', 'theirs'] as const) {
        const cost = await all[who][kind].run(round === 0 ? warmSeconds : seconds)
        if (round === 0) continue
        costs[who][kind].push(cost)
        effort.note(`round ${round}, ${who}, ${names[kind]}: ${rounded(cost.perSecond)}/s, ${rounded(cost.totalUs)} µs`)
      }
  return resultOf(costs, platform, keycloak)
}

function keycloakWorks(keycloak: Keycloak): Record<Kind, Work> {
  const ask = createAsker(keycloak.endpoints)
  const tokenOf = async (form: Record<string, string>): Promise<Tokens | undefined> => {
    const { status, body } = await ask('POST', `${keycloak.endpoints}/token`, {
      form: { client_id: keycloak.clientId, scope: 'openid', ...form },
    })
    return status === 200 ? (JSON.parse(body) as Tokens) : undefined
  }
  const logIn = (n: number) => {
    const person = keycloak.people[n % keycloak.people.length]
    return tokenOf({ grant_type: 'password', username: person?.email ?? '', password: person?.password ?? '' })
  }
  return {
    p7: {
      name: 'login',
      run: (duration) =>
        measureWork(keycloak, { callers: 8, seconds: duration }, async (n) => (await logIn(n)) !== undefined),
    },
    p8: { name: 'refresh', run: (duration) => refreshing(keycloak, { logIn, tokenOf, duration }) },
    p12: { name: 'userinfo', run: (duration) => reading(keycloak, { ask, logIn, duration }) },
  }
}

async function refreshing(
  keycloak: Keycloak,
  o: {
    logIn(n: number): Promise<Tokens | undefined>
    tokenOf(form: Record<string, string>): Promise<Tokens | undefined>
    duration: number
  },
): Promise<Cost> {
  const chains: (Tokens | undefined)[] = []
  while (chains.length < 16) chains.push(await o.logIn(chains.length))
  return measureWork(keycloak, { callers: 16, seconds: o.duration }, async (caller) => {
    const form = { grant_type: 'refresh_token', refresh_token: chains[caller]?.refresh_token ?? '' }
    const next = await o.tokenOf(form)
    if (next !== undefined) chains[caller] = next
    return next !== undefined
  })
}

async function reading(
  keycloak: Keycloak,
  o: { ask: Ask; logIn(n: number): Promise<Tokens | undefined>; duration: number },
): Promise<Cost> {
  const token = (await o.logIn(0))?.access_token
  return measureWork(
    keycloak,
    { callers: 32, seconds: o.duration },
    async () => (await o.ask('GET', `${keycloak.endpoints}/userinfo`, { token })).status === 200,
  )
}

function resultOf(costs: Record<'ours' | 'theirs', Rounds>, platform: Platform, keycloak: Keycloak): PartResult {
  const ours = [...platform.memory().values()].reduce((sum, mb) => sum + mb, 0)
  const totals = (list: readonly Cost[]) => list.map(({ totalUs }) => totalUs)
  const rates = (list: readonly Cost[]) => list.map(({ perSecond }) => perSecond)
  const row = (who: 'ours' | 'theirs', kind: Kind): string[] => {
    const list = costs[who][kind]
    const median = (of: (cost: Cost) => number): string => rounded(medianOf(list.map(of)))
    const failed = String(list.reduce((sum, cost) => sum + cost.failed, 0))
    const name = `${who === 'ours' ? 'Gatehouse' : 'Keycloak'}: ${names[kind]}`
    return [name, median((c) => c.perSecond), median((c) => c.p99Ms), failed, median((c) => c.totalUs)]
  }
  const all = [...Object.values(costs.ours), ...Object.values(costs.theirs)].flat()
  return {
    part: 'Keycloak',
    title: 'Ordinary requests beside Keycloak, CPU µs of every process',
    notes: [
      'Each has a PostgreSQL of its own with fsync on; refresh tokens rotate in both. Keycloak is one process and ' +
        'signs with RS256, its default; passwords are hashed with argon2id in both, each with its own parameters.',
      `Proportional set size after load: the six services ${rounded(ours)} MB, ` +
        `Keycloak ${rounded(keycloak.memoryMb())} MB.`,
    ],
    table: {
      columns: ['Work', 'requests/s', 'p99 ms', 'failed', 'CPU µs in all'],
      rows: kinds.flatMap((kind) => [row('ours', kind), row('theirs', kind)]),
    },
    targets: [
      atLeast('P8, refreshes to Keycloak’s', ratioOf(rates(costs.ours.p8), rates(costs.theirs.p8)), 3),
      atMost('P12, CPU of GET /v1/me to userinfo', ratioOf(totals(costs.ours.p12), totals(costs.theirs.p12)), 0.5),
    ],
    disagreements: all.reduce((sum, { failed }) => sum + failed, 0),
    compared: all.reduce((sum, { count }) => sum + count, 0),
    measured: costs,
  }
}
