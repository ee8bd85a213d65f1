/**
 * How long what was taken away is still accepted: from the acknowledgement of a revocation to the last accepted use
 * behind the gateways. Run it beside `npm start -- --replicas 2`:
 * `node --import tsx bench/revocation.ts [rounds] [--without-nats] [kind …]`.
 *
 * Uses are sent without pause on several connections, which the balancer gives to the gateways in turn. One counts as
 * accepted at the moment it was sent. A round ends when none was accepted for a while, so the slowest gateway counts.
 * `--without-nats` hangs the private NATS server (SIGSTOP) for the time of the run, so only the poll brings the news.
 */
import { createApi, type Api } from '../tests/platform/client.ts'
import { join, signIn, signUp, type Person } from '../tests/platform/people.ts'
import { readPlatformFile, type DemoUser } from '../tests/platform/platform-file.ts'

const lanes = 8
/** Longer than two polls lie apart. */
const quietMs = 2_500
/** From the first use to the revocation. */
const headStartMs = 50

const platform = readPlatformFile()
const api = createApi(platform)
const org = platform.demo.organization_id
const givenKinds = process.argv.slice(2).filter((argument) => /^[a-z]/.test(argument))
const rounds = Number(process.argv.slice(2).find((argument) => /^\d+$/.test(argument)) ?? 50)
const withoutNats = process.argv.includes('--without-nats')

const demoUser = (role: string): DemoUser => {
  const found = platform.demo.users.find((user) => user.role === role)
  if (found === undefined) throw new Error(`the demo has no ${role}: ${platform.demo.users.map((u) => u.role)}`)
  return found
}
const as = (user: { email: string; password: string }) => signIn(api, { ...user, organization: org })

/** One way to take access away, and how it is given back for the next round. */
type Kind = {
  victim(): Promise<Person>
  /** What the victim does meanwhile. */
  use: string
  /** The status of a use that is no longer accepted. */
  refused: number
  revoke(victim: Person): Promise<number>
  giveBack?(): Promise<unknown>
}

const policies = `/v1/organizations/${org}/policies?limit=1`
const sessions = '/v1/me/sessions?limit=1'
const statusOf = async (client: Promise<{ status: number }>): Promise<number> => (await client).status

async function kindsOf(client: Api): Promise<Record<string, Kind>> {
  const owner = await as(demoUser('owner'))
  const operator = await signIn(client, { ...platform.admin, organization: null })
  const keeper = await as(demoUser('member'))
  const [admin, member] = [demoUser('admin'), demoUser('member')]
  const setRoles = (user: DemoUser, roles: string[]) =>
    statusOf(
      client.call('PUT', `/v1/organizations/${org}/members/${user.id}/roles`, {
        token: owner.access,
        body: { roles },
      }),
    )
  const operate = (verb: string, user: DemoUser) =>
    statusOf(
      client.call('POST', `/v1/platform/users/${user.id}/${verb}`, {
        token: operator.access,
        body: { reason: 'Measured by bench/revocation.ts' },
      }),
    )
  return {
    session: {
      victim: () => as(member),
      use: sessions,
      refused: 401,
      revoke: ({ session }) => statusOf(client.call('DELETE', `/v1/me/sessions/${session}`, { token: keeper.access })),
    },
    role: {
      victim: () => as(admin),
      use: policies,
      refused: 403,
      revoke: () => setRoles(admin, ['invoice-clerk']),
      giveBack: () => setRoles(admin, ['admin', 'invoice-clerk']),
    },
    member: {
      // An address gets a few invitations a day, so each round has a new person.
      victim: async () =>
        join(client, { owner, org, person: await signUp(client, 'vic'), roles: ['viewer', 'invoice-reader'] }),
      use: sessions,
      refused: 401,
      revoke: ({ id }) =>
        statusOf(client.call('DELETE', `/v1/organizations/${org}/members/${id}`, { token: owner.access })),
    },
    user: {
      victim: () => as(member),
      use: sessions,
      refused: 401,
      revoke: () => operate('suspend', member),
      giveBack: () => operate('restore', member),
    },
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

type Measured = { lateMs: number; uses: number; unknown: number; perSecond: number }

/** One revocation under uses; `lateMs` is 0 when none was accepted after the acknowledgement. */
async function measureOne(kind: Kind): Promise<Measured> {
  const victim = await kind.victim()
  const begun = performance.now()
  const seen = { lastAccepted: -Infinity, uses: 0, unknown: 0, acknowledged: Infinity, over: Infinity }
  const lane = async (): Promise<void> => {
    while (performance.now() < seen.over) {
      const sent = performance.now()
      const { status } = await api.call('GET', kind.use, { token: victim.access })
      seen.uses += 1
      if (status === 429) throw new Error('The gateway limits the rate: see bench/README.md, "Revocation"')
      if (status === 200) seen.lastAccepted = Math.max(seen.lastAccepted, sent)
      else if (status === 503) seen.unknown += 1
      else if (status !== kind.refused) throw new Error(`a use was answered ${status}`)
      seen.over = Math.max(seen.lastAccepted, seen.acknowledged) + (withoutNats ? quietMs : quietMs / 5)
    }
  }
  const using = Promise.all(Array.from({ length: lanes }, lane))
  await sleep(headStartMs)
  if (seen.lastAccepted < 0) await sleep(10 * headStartMs)
  const status = await kind.revoke(victim)
  seen.acknowledged = performance.now()
  if (status < 200 || status > 204) throw new Error(`the revocation was answered ${status}`)
  await using
  const { uses, unknown, lastAccepted, acknowledged } = seen
  if (lastAccepted < 0) throw new Error('no use was ever accepted')
  const perSecond = uses / ((performance.now() - begun) / 1000)
  await kind.giveBack?.()
  return { lateMs: Math.max(0, lastAccepted - acknowledged), uses, unknown, perSecond }
}

const quantile = (sorted: readonly number[], q: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0).toFixed(1)

const natsProcesses = Object.entries(platform.processes).filter(([name]) => name.startsWith('nats'))
const signal = (name: 'SIGSTOP' | 'SIGCONT'): void => {
  if (!withoutNats) return
  if (natsProcesses.length === 0) throw new Error('NATS is not a process of this platform')
  for (const [, pid] of natsProcesses) process.kill(pid, name)
}

const gateways = Object.keys(platform.processes).filter((name) => name.startsWith('gateway')).length
const names = Object.keys(await kindsOf(api)).filter((name) => givenKinds.length === 0 || givenKinds.includes(name))
process.once('exit', () => signal('SIGCONT'))
signal('SIGSTOP')
for (const name of names) {
  // Those who take away sign in anew for each kind: an access token lives for five minutes.
  const kind = (await kindsOf(api))[name] as Kind
  const measured: Measured[] = []
  for (let round = 0; round < rounds; round += 1) measured.push(await measureOne(kind))
  const late = measured.map(({ lateMs }) => lateMs).sort((a, b) => a - b)
  console.log(
    JSON.stringify({
      taken: name,
      rounds,
      gateways,
      nats: withoutNats ? 'hung' : 'up',
      uses_per_second: Math.round(measured.reduce((sum, { perSecond }) => sum + perSecond, 0) / rounds),
      answered_503: measured.reduce((sum, { unknown }) => sum + unknown, 0),
      accepted_after_acknowledgement_ms: {
        p50: quantile(late, 0.5),
        p99: quantile(late, 0.99),
        max: quantile(late, 1),
      },
    }),
  )
}
