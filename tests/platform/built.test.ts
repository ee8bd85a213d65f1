/**
 * What the image executes: the services as `npm run build` makes them, in production mode, two replicas of each behind a
 * balancer. The journey passes on it, and every replica has had a part in it. GATEHOUSE_BUILT names a folder that was built before.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readlinkSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { createApi } from './client.ts'
import { journey } from './journey.ts'
import { startPlatform } from './start-platform.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** The first-party client's grace, as seeded. */
const graceSeconds = 10

/** Beside the sources, so that the bundles find the installed packages. */
const build = async (): Promise<string> => {
  const folder = mkdtempSync(join(root, 'dist-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  await promisify(execFile)(process.execPath, ['--import', 'tsx', 'infra/deploy/src/build.ts', '--out', folder], { cwd: root })
  return folder
}

const built = process.env['GATEHOUSE_BUILT'] ?? (await build())
const { platform, stop } = await startPlatform({ GATEWAY_RATE_LIMIT_PER_MINUTE: '1000000', GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE: '100000' }, ['--built', built, '--replicas', '2'])
t.teardown(stop)

const services = ['gateway', 'identity', 'tokens', 'orgs', 'authz', 'workers']
const replicas = services.flatMap((service) => [service, `${service}-2`])

t.test('the journey passes on the built services', (t) => journey(t, createApi(platform), { graceMs: graceSeconds * 1000 }))

t.test('two replicas of every service took part', async (t) => {
  for (const name of replicas) {
    const pid = platform.processes[name]
    t.ok(pid, `${name} runs`)
    t.match(readlinkSync(`/proc/${pid}/cwd`), root.replace(/\/$/, ''))
    const metrics = await (await fetch(`${platform.management[name]}/metrics`)).text()
    t.match(metrics, /^http_server_requests?\S*\{/m, `${name} has answered requests`)
  }
})
