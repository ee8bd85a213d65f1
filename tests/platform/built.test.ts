/**
 * What the image executes: the services as `npm run build` makes them, in production mode, two replicas of each behind
 * a balancer. The journey passes on it, and every replica has had a part in it. GATEHOUSE_BUILT names a folder that was
 * built before.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { entryOf } from '@gatehouse/deploy/bundle'
import { SERVICES } from '@gatehouse/deploy/services'
import { allSettings } from '@gatehouse/deploy/settings'
import type { SettingDescription } from '@gatehouse/service-kit/config/describe'
import { createApi, until } from './client.ts'
import { journey } from './journey.ts'
import { signIn } from './people.ts'
import { startPlatform } from './start-platform.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** The first-party client's grace, as seeded. */
const graceSeconds = 10

/** Beside the sources, so that the bundles find the installed packages. */
const build = async (): Promise<string> => {
  const folder = mkdtempSync(join(root, 'dist-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  await promisify(execFile)(process.execPath, ['--import', 'tsx', 'infra/deploy/src/build.ts', '--out', folder], {
    cwd: root,
  })
  return folder
}

const built = process.env['GATEHOUSE_BUILT'] ?? (await build())
const { platform, stop } = await startPlatform(
  { GATEWAY_RATE_LIMIT_PER_MINUTE: '1000000', GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE: '100000' },
  ['--built', built, '--replicas', '2'],
)
t.teardown(stop)

const api = createApi(platform)

t.test('the journey passes on the built services', (t) => journey(t, api, { graceMs: graceSeconds * 1000 }))

/** A route of each service that a signed-in person may call, and a page. */
const routes = {
  identity: '/v1/me',
  tokens: '/v1/me/sessions',
  orgs: '/v1/me/organizations',
  authz: '/v1/authz/catalog',
  workers: '/v1/me/activity',
  pages: '/signin',
}

const hasAnswered = async (name: string): Promise<boolean> => {
  const metrics = await (await fetch(`${platform.management[name]}/metrics`)).text()
  return /^http_server_request_duration_seconds_count\{.*\} [1-9]/m.test(metrics)
}

t.test('what was built says the same of its settings as the sources', async (t) => {
  const settings = await allSettings(root)
  for (const service of SERVICES) {
    const { stdout } = await promisify(execFile)(process.execPath, [
      entryOf(join(built, service), 'main'),
      '--print-config',
    ])
    const printed = (JSON.parse(stdout) as { settings: SettingDescription[] }).settings
    t.same(
      printed,
      settings[service].map(({ from: _from, ...setting }) => setting),
      service,
    )
  }
})

t.test('threads find the work that was built for them', async (t) => {
  const [owner] = platform.demo.users
  if (!owner) throw new Error('the demo has no users')
  const { access } = await signIn(api, { ...owner, organization: platform.demo.organization_id })
  // So many that they are not parsed on the event loop.
  const policies = (when: string) =>
    Array.from({ length: 12 }, (_, nth) => ({
      ...{ key: `parsed-in-a-thread-${nth}`, effect: 'deny', resource_type: 'invoice', actions: ['read'] },
      when: `${nth}.0 < 20.0 && ${when}`,
    }))
  const path = `/v1/organizations/${platform.demo.organization_id}/authorization-manifest?dry_run=true`
  const dryRun = (when: string) => api.call('PUT', path, { token: access, body: { policies: policies(when) } })
  t.equal((await dryRun('true && true')).status, 200)
  t.match(await dryRun('true ('), { status: 400, body: { code: 'invalid_policy' } })
})

t.test('two replicas of every service take part', async (t) => {
  const [owner] = platform.demo.users
  if (!owner) throw new Error('the demo has no users')
  const { access } = await signIn(api, { ...owner, organization: platform.demo.organization_id })
  for (const [service, path] of Object.entries({ ...routes, gateway: '/v1/me' })) {
    for (const name of [service, `${service}-2`]) {
      const { stdout } = await promisify(execFile)('ps', ['-o', 'args=', '-p', String(platform.processes[name])])
      t.match(stdout, `${built}/${service}/service/bin/main.mjs`, `${name} runs what was built`)
    }
    const ask = () => Promise.all(Array.from({ length: 8 }, () => api.call('GET', path, { token: access })))
    await until(`both replicas of ${service} to have answered`, async () => {
      const answers = await ask()
      t.same(
        answers.filter(({ status }) => status !== 200),
        [],
        `${service} answers`,
      )
      return (await hasAnswered(service)) && (await hasAnswered(`${service}-2`))
    })
  }
})
