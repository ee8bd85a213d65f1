/**
 * Kills each service and each server of a running platform once with -9, while five kinds of request go on,
 * and tells what failed, what answered 503 and how long until everything was well again.
 * Run it beside `npm start`: `node --import tsx tests/chaos/kill-each.ts`
 */
import { createApi, type Api } from '../platform/client.ts'
import { signIn } from '../platform/people.ts'
import { readPlatformFile } from '../platform/platform-file.ts'

type Probe = { name: string; ask: () => Promise<number> }
type Sample = { probe: string; atMs: number; status: number }

const platform = readPlatformFile()
const api = createApi(platform)
const [owner] = platform.demo.users
if (!owner) throw new Error('the demo has no users')
const org = platform.demo.organization_id

const probesFor = async (client: Api): Promise<Probe[]> => {
  let person = await signIn(client, { ...owner, organization: org })
  const token = () => person.access
  const statusOf = async (method: string, path: string, body?: unknown): Promise<number> =>
    (await client.call(method, path, { token: token(), body })).status
  const renew = setInterval(
    () =>
      void signIn(client, { ...owner, organization: org })
        .then((renewed) => (person = renewed))
        .catch(() => undefined),
    60_000,
  )
  renew.unref()
  const check = {
    subject: { type: 'user', id: person.id },
    action: { name: 'read' },
    resource: { type: 'invoice', id: '1' },
  }
  return [
    {
      name: 'login (identity+tokens)',
      ask: async () =>
        (await client.call('POST', '/v1/auth/login', { body: { email: owner.email, password: owner.password } }))
          .status,
    },
    { name: 'sessions (tokens)', ask: () => statusOf('GET', '/v1/me/sessions') },
    { name: 'members (orgs+authz+identity)', ask: () => statusOf('GET', `/v1/organizations/${org}/members`) },
    { name: 'evaluation (authz)', ask: () => statusOf('POST', '/access/v1/evaluation', check) },
    { name: 'audit (workers+authz)', ask: () => statusOf('GET', `/v1/organizations/${org}/audit-events?limit=5`) },
    { name: 'jwks (tokens)', ask: () => statusOf('GET', '/.well-known/jwks.json') },
  ]
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Asks each probe again and again until all were well for two seconds, or a minute is over. */
const watch = async (probes: Probe[], start: number): Promise<{ samples: Sample[]; healthyAfterMs: number }> => {
  const samples: Sample[] = []
  let lastTrouble = 0
  const stopAt = start + 60_000
  const done = () =>
    performance.now() > stopAt || (performance.now() - start > 4_000 && performance.now() - start - lastTrouble > 2_000)
  await Promise.all(
    probes.map(async ({ name, ask }) => {
      while (!done()) {
        const status = await ask().catch(() => 0)
        const atMs = performance.now() - start
        samples.push({ probe: name, atMs, status })
        if (status !== 200) lastTrouble = Math.max(lastTrouble, atMs)
        await pause(100)
      }
    }),
  )
  return { samples, healthyAfterMs: Math.round(lastTrouble) }
}

const tally = (samples: Sample[]): string => {
  const counts = new Map<string, number>()
  for (const { probe, status } of samples)
    if (status !== 200)
      counts.set(
        `${probe} ${status === 0 ? 'no answer' : status}`,
        (counts.get(`${probe} ${status === 0 ? 'no answer' : status}`) ?? 0) + 1,
      )
  return [...counts].map(([what, times]) => `${what} x${times}`).join(', ') || 'nothing'
}

const targets =
  process.argv.slice(2).length > 0
    ? process.argv.slice(2)
    : Object.keys(platform.processes).filter((name) => name !== 'launcher')
console.log('| killed | not 200 while it was gone | requests | well again after |')
console.log('|---|---|---|---|')
let wrong = 0
for (const target of targets) {
  const probes = await probesFor(api)
  const pid = readPlatformFile().processes[target]
  if (pid === undefined) throw new Error(`no process is named ${target}`)
  const start = performance.now()
  process.kill(pid, 'SIGKILL')
  const { samples, healthyAfterMs } = await watch(probes, start)
  wrong += samples.filter(({ status }) => ![0, 200, 503].includes(status)).length
  console.log(`| ${target} | ${tally(samples)} | ${samples.length} | ${healthyAfterMs} ms |`)
}
console.log(`answers other than 200, 503 or a closed connection: ${wrong}`)
process.exitCode = wrong === 0 ? 0 : 1
