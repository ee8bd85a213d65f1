/**
 * A real service as a process of its own: as it is shipped, bundled, without the development runner's helpers in its
 * functions.
 */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { answersOk, freePort, startChild, type Child } from './child.ts'
import type { Cleanup } from './cleanup.ts'
import { issuer, type Credentials } from './credentials.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))

type Setting = {
  readonly service: ServiceName
  readonly credentials: Credentials
  /** Where its database, NATS, Redis and neighbours are. */
  readonly env: NodeJS.ProcessEnv
  readonly profileInto?: string
}

const built = new Set<ServiceName>()

function buildOnce(service: ServiceName): void {
  if (!built.has(service))
    execFileSync(process.execPath, ['--import', 'tsx', 'infra/deploy/src/build.ts', service], { cwd: repository })
  built.add(service)
}

/** The ports are the same for each process that `start` makes of it. */
export async function createService(
  cleanup: Cleanup,
  o: Setting,
): Promise<{ port: number; managementPort: number; start(): Promise<Child> }> {
  const { service } = o
  buildOnce(service)
  const [port, managementPort] = [await freePort(), await freePort()]
  const env = environmentOf(o, { port, managementPort })
  const profiling = o.profileInto === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${o.profileInto}`]
  return {
    port,
    managementPort,
    start: () =>
      startChild(cleanup, {
        name: service,
        command: process.execPath,
        args: [...profiling, join(repository, `dist/${service}/service/bin/main.mjs`)],
        env,
        isReady: () => answersOk(`http://127.0.0.1:${managementPort}/readyz`),
      }),
  }
}

const environmentOf = (
  { service, credentials, env }: Setting,
  { port, managementPort }: { port: number; managementPort: number },
): NodeJS.ProcessEnv => ({
  ...process.env,
  GATEHOUSE_ENV: 'development',
  GATEHOUSE_PARENT_WATCH: '1',
  NODE_ENV: 'production',
  LOG_LEVEL: 'warn',
  HOST: '127.0.0.1',
  PORT: String(port),
  MANAGEMENT_PORT: String(managementPort),
  GATEHOUSE_ISSUER: issuer,
  ...credentials.settingsOf(service),
  ...env,
})
