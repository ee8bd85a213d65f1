/**
 * The platform as it is run: the services' processes and three servers behind the launcher, spoken to over HTTP alone.
 * One start serves every part, because starting is what costs time.
 */
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { randomFrom } from '@gatehouse/test-kit/random'
import { atRest } from './at-rest.ts'
import { createApi, until } from './client.ts'
import { journey } from './journey.ts'
import { machines } from './machines.ts'
import { memoryOf } from './malformed/memory.ts'
import { complaintAboutProtocol, malformedProtocols } from './malformed/protocols.ts'
import { everyAttempt, sweepAttempts, sweepLines } from './malformed/sweep.ts'
import { foreignThings, openidFlow } from './openid.ts'
import { signIn } from './people.ts'
import { readPlatformFile } from './platform-file.ts'
import { pasteDocument } from './readme.ts'
import { collect, foundIn, keptSecrets, remembering } from '../output/sensitive.ts'
import { startPlatform } from './start-platform.ts'
import { stepUp } from './step-up.ts'
import { leakIn, sweep } from './tenant-sweep.ts'
import { tenantOf } from './tenants.ts'

const full = process.env['GATEHOUSE_FULL'] === '1'
/** The first-party client's grace, as seeded. */
const graceSeconds = 10

const { platform, file, stop } = await startPlatform({
  GATEWAY_RATE_LIMIT_PER_MINUTE: '1000000',
  GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE: '100000',
})
t.teardown(stop)
const sensitive = new Set<string>()
const api = remembering(createApi(platform), sensitive)
const [owner] = platform.demo.users
const [otherOwner] = platform.demo.other.users
if (!owner || !otherOwner) throw new Error('the demo has no users')

t.test('a platform at rest asks PostgreSQL for little (P13)', (t) => atRest(t, file))

t.test('a first customer can go the regular path', (t) => journey(t, api, { graceMs: graceSeconds * 1000 }))

t.test('an application asks with its key, until the key is revoked', (t) => machines(t, api, platform))

t.test('an application signs a person in with openid-client, until they take their consent back', (t) =>
  openidFlow(t, api, platform),
)

t.test('where a policy asks for a recent sign-in, the answer says so (RFC 9470)', (t) => stepUp(t, api))

for (const document of [
  'README.md',
  ...readdirSync(new URL('../../docs/guides', import.meta.url)).map((name) => `docs/guides/${name}`),
]) {
  t.test(`${document} prints what it says`, async (t) => {
    const { differences } = await pasteDocument(document, file)
    t.same(differences, [])
  })
}

t.test('malformed requests get problem documents and change nothing (S8)', async (t) => {
  const self = await tenantOf(api, { user: owner, org: platform.demo.organization_id })
  const other = await tenantOf(api, { user: otherOwner, org: platform.demo.other.organization_id })
  // Signed in anew each time: all of it takes longer than an access token lives.
  const me = async () => api.call('GET', '/v1/me', { token: (await signIn(api, owner)).access })
  const before = await me()
  const { methods, places, texts, headers } = everyAttempt(self, other)
  t.comment(
    `${places.length} of route, place and form; ${methods.length} of path and method; ${headers.length} of route, ` +
      `header and form; ${texts.length} of route and text`,
  )
  const lines = await sweepLines(api.gateway)
  t.same(lines.complaints, [], `${lines.sent} heads that no library writes`)
  // All of them are for a run of its own; here the methods, and of the rest a part that the seed chooses.
  const seed = Number(process.env['GATEHOUSE_SEED'] ?? 8)
  const rest = randomFrom(seed).shuffled([...places, ...texts, ...headers])
  const first = await sweepAttempts(api.gateway, [...methods, ...rest.slice(0, 3_000)])
  t.same(first.complaints.slice(0, 50), [], `seed ${seed}: ${first.sent} sent`)
  t.comment(`seed ${seed}: ${first.sent} sent, statuses ${JSON.stringify([...first.statuses].sort())}`)
  for (const status of [400, 401, 404, 405]) t.ok((first.statuses.get(status) ?? 0) > 20, `${status} is among them`)
  const protocols = randomFrom(seed).shuffled(malformedProtocols())
  const complain: Parameters<typeof sweepAttempts>[2] = (attempt, answer) =>
    complaintAboutProtocol(attempt, answer, platform.issuer)
  const spoken = await sweepAttempts(api.gateway, full ? protocols : protocols.slice(0, 600), complain)
  t.same(spoken.complaints.slice(0, 50), [], `seed ${seed}: ${spoken.sent} of ${protocols.length} sent to protocols`)
  for (const status of [400, 401]) t.ok((spoken.statuses.get(status) ?? 0) > 20, `${status} is among them`)
  if (full) {
    // Caches fill with the first tens of thousands; what is alive and goes on growing is a leak.
    const quarter = Math.ceil((rest.length - 3_000) / 4)
    const held = [await memoryOf(platform)]
    for (let from = 3_000; from < rest.length; from += quarter) {
      const { sent, statuses, complaints } = await sweepAttempts(api.gateway, rest.slice(from, from + quarter))
      t.same(complaints.slice(0, 50), [], `seed ${seed}: ${sent} sent`)
      t.comment(`seed ${seed}: ${sent} sent, statuses ${JSON.stringify([...statuses].sort())}`)
      held.push(await memoryOf(platform))
    }
    for (const name of Object.keys(platform.management)) {
      const mib = held.map((one) => Math.round((one[name] ?? NaN) / 2 ** 20))
      t.comment(`alive in ${name}: ${mib.join(', ')} MiB`)
      t.ok((mib[4] ?? NaN) - (mib[2] ?? NaN) < 20, `${name} goes on growing: ${mib.join(', ')} MiB`)
    }
  }
  t.same((await me()).body, before.body)
})

t.test('no route gives anything of another tenant (S6)', async (t) => {
  const tenants = [
    await tenantOf(api, { user: owner, org: platform.demo.organization_id }),
    await tenantOf(api, { user: otherOwner, org: platform.demo.other.organization_id }),
  ] as const
  const { tries, routes, leaks } = await sweep(api, [...tenants], { atLeast: full ? 10_000 : 1_000 })
  t.same(leaks, [])
  t.comment(`${tries} tries on ${routes} routes, ${await foreignThings(t, api, platform)} at the protocols’`)
  const [acme, other] = tenants
  for (const tenant of tenants)
    t.equal((await api.call('GET', '/v1/me', { token: tenant.token })).status, 200, 'nobody was signed out by it')
  const roles = await api.call('GET', `/v1/organizations/${acme.ids['org']}/roles`, { token: acme.token })
  t.ok(leakIn(roles, { position: 'cursor' }, acme), 'the detector sees a tenant’s things when they are there')
  t.notOk(leakIn(roles, { position: 'cursor' }, other))
})

t.test('a service that dies is named, started again, and the others answer meanwhile', async (t) => {
  const { access } = await signIn(api, owner)
  const pid = readPlatformFile(file).processes['orgs']
  t.ok(pid)
  if (pid !== undefined) process.kill(pid, 'SIGKILL')
  const during = await until(
    'the gateway to notice',
    async () => {
      const answer = await api.call('GET', '/v1/me/organizations', { token: access })
      return answer.status === 503 && answer
    },
    5_000,
  )
  t.ok(during.headers.get('retry-after'), '503 says when to come back')
  t.equal((await api.call('GET', '/.well-known/jwks.json')).status, 200, 'what does not depend on it goes on')
  await until(
    'orgs to be back',
    async () => (await api.call('GET', '/v1/me/organizations', { token: access })).status === 200,
    30_000,
  )
  t.not(readPlatformFile(file).processes['orgs'], pid)
})

t.test('no secret and no address stands in any output (S7)', async (t) => {
  const data = dirname(file)
  collect(platform, sensitive)
  keptSecrets(data, sensitive)
  const logs = join(data, 'logs')
  t.same(foundIn(logs, sensitive), [])
  t.ok(sensitive.size > 200, `${sensitive.size} texts were looked for`)
  const planted = t.testdir({ 'planted.log': `{"msg":"signed in","email":"${platform.admin.email}"}` })
  t.match(foundIn(planted, sensitive), [/planted.log: /], 'what stands there is found')
})
