// The six services as processes: the same command line as in production, one process each, ready when their own /readyz
// says so.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import type { ProcessSpec } from '../processes/process-spec.ts'
import { REPOSITORY_ROOT } from '../servers/folders.ts'
import { environmentOf, type PlatformFacts } from './environment.ts'

export const SERVICES = ['identity', 'tokens', 'orgs', 'authz', 'workers', 'gateway'] as const satisfies readonly ServiceName[]

/** Services that keep state; the gateway has none. */
export const STORING_SERVICES = SERVICES.filter((service) => service !== 'gateway')

export const folderOf = (service: ServiceName): string => join(REPOSITORY_ROOT, 'services', service)

export async function serviceSpec(o: { service: ServiceName; facts: PlatformFacts; env: NodeJS.ProcessEnv; logs: string }): Promise<ProcessSpec> {
  const main = join(folderOf(o.service), 'src', 'main.ts')
  const { managementPort } = o.facts.ports[o.service]
  return {
    name: o.service,
    command: process.execPath,
    args: ['--import', 'tsx', main],
    env: { ...environmentOf({ service: o.service, declared: await declaredVariables(o.service), facts: o.facts, env: o.env }), GATEHOUSE_PARENT_WATCH: '1' },
    watchesParent: true,
    cwd: REPOSITORY_ROOT,
    port: managementPort,
    marker: main,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 15_000,
    startTimeoutMs: 90_000,
    logFile: join(o.logs, `${o.service}.log`),
    isReady: () => isReady(`http://127.0.0.1:${managementPort}`),
  }
}

/** A service's configuration names its environment variables; the launcher reads them there instead of keeping a second list. */
async function declaredVariables(service: ServiceName): Promise<string[]> {
  const { config } = (await import(pathToFileURL(join(folderOf(service), 'src', 'config.ts')).href)) as { config: { properties: object } }
  return Object.keys(config.properties)
}

/** Throws with the names of the failing checks while the service is not ready. */
async function isReady(management: string): Promise<boolean> {
  const answer = await fetch(`${management}/readyz`, { signal: AbortSignal.timeout(2000) })
  if (answer.ok) return true
  throw new Error((await answer.text()).slice(0, 300))
}
