// The services as processes, ready when their own /readyz says so: the compiled sources, or what `npm run build` made,
// with the command line of the image. As many replicas of each as wanted.
import { nodeFlags } from '@gatehouse/deploy/node-flags'
import { compiledFile } from '../compile/compile-tree.ts'
import { launchProblem } from '../launch-problem.ts'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import type { ProcessSpec } from '../processes/process-spec.ts'
import { REPOSITORY_ROOT } from '../servers/folders.ts'
import { environmentOf, type Place, type PlatformFacts } from './environment.ts'

export const folderOf = (service: ServiceName): string => join(REPOSITORY_ROOT, 'services', service)

/** What runs: the sources, or the folder that `npm run build` filled. */
export type Code = { built?: string | undefined }

/** The program of a service. */
export const programOf = (code: Code, service: ServiceName, entry: 'main' | 'migrate'): string =>
  code.built === undefined
    ? compiledFile(REPOSITORY_ROOT, join(folderOf(service), 'src', `${entry}.ts`))
    : join(resolve(code.built), service, 'service', 'bin', `${entry}.mjs`)

/** Names of the processes of a service: its own, then `<service>-2` and so on. */
export const replicaNames = (service: string, replicas: number): string[] =>
  Array.from({ length: replicas }, (_, index) => (index === 0 ? service : `${service}-${index + 1}`))

export async function serviceSpec(o: {
  service: ServiceName
  name: string
  at: Place
  code: Code
  facts: PlatformFacts
  env: NodeJS.ProcessEnv
  logs: string
}): Promise<ProcessSpec> {
  const program = programOf(o.code, o.service, 'main')
  const { managementPort } = o.at
  return {
    name: o.name,
    command: process.execPath,
    args: ['--enable-source-maps', ...nodeFlags, program],
    env: {
      ...environmentOf({
        service: o.service,
        at: o.at,
        declared: await declaredVariables(o.service),
        facts: o.facts,
        env: o.env,
      }),
      GATEHOUSE_PARENT_WATCH: '1',
    },
    watchesParent: true,
    cwd: REPOSITORY_ROOT,
    port: managementPort,
    marker: program,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 15_000,
    startTimeoutMs: startTimeoutMs(o.env),
    logFile: join(o.logs, `${o.name}.log`),
    isReady: () => isReady(`http://127.0.0.1:${managementPort}`),
  }
}

const DEFAULT_START_SECONDS = 300

/**
 * How long a service may take until it is ready: `GATEHOUSE_START_TIMEOUT_SECONDS`, else five minutes, which a loaded
 * machine needs to start them all at once.
 */
function startTimeoutMs(env: NodeJS.ProcessEnv): number {
  const text = env['GATEHOUSE_START_TIMEOUT_SECONDS']
  if (text === undefined || text === '') return DEFAULT_START_SECONDS * 1000
  const seconds = Number(text)
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= 3600) return seconds * 1000
  throw launchProblem(
    `GATEHOUSE_START_TIMEOUT_SECONDS is ${text}, which is no number of seconds`,
    'Give a number between 1 and 3600, or unset it',
  )
}

/**
 * A service's configuration names its environment variables; the launcher reads them there instead of keeping a second
 * list.
 */
async function declaredVariables(service: ServiceName): Promise<string[]> {
  const { config } = (await import(pathToFileURL(join(folderOf(service), 'src', 'config.ts')).href)) as {
    config: { properties: object }
  }
  return Object.keys(config.properties)
}

/** Throws with the names of the failing checks while the service is not ready. */
async function isReady(management: string): Promise<boolean> {
  const answer = await fetch(`${management}/readyz`, { signal: AbortSignal.timeout(2000) })
  if (answer.ok) return true
  throw new Error((await answer.text()).slice(0, 300))
}
