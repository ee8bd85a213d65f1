/**
 * From `main.ts` to a running process and back: configuration, start, readiness, drain, exit code.
 * Exit codes follow sysexits: 78 for configuration, 1 for a failed start or a crash, 0 after a clean stop.
 */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import closeWithGrace from 'close-with-grace'
import type { FastifyInstance } from 'fastify'
import type { Static, TObject } from 'typebox'
import { describeConfig } from '../config/describe.ts'
import type { serviceConfig } from '../config/fragments.ts'
import { isConfigError, loadConfig } from '../config/load.ts'
import { systemClock, type Clock } from '../context/clock.ts'
import type { ReadyCheck } from '../health/checks.ts'
import { createManagementServer } from '../health/management-server.ts'
import { createLogger, type Logger, type LogLevel } from '../logging/logger.ts'
import { outliveDriverFault } from '../postgres/driver-faults.ts'
import { startBackground, type Part } from '../concurrency/background.ts'
import { nameService } from '../telemetry/metrics.ts'
import { tuneHeap } from './tune-heap.ts'
import { watchParent } from './watch-parent.ts'

export type Runtime = { readonly log: Logger; readonly clock: Clock }

export type RunningService = {
  readonly app: FastifyInstance
  /** Every check by name, failing ones with a reason. */
  ready(): Promise<readonly ReadyCheck[]> | readonly ReadyCheck[]
  /**
   * Relays, readers, consumers, upkeep: started in order after the server listens, stopped in reverse after it has
   * ended.
   */
  readonly background?: readonly Part[]
  /** Closes the connections `start` opened; the server and the background have ended by then. */
  close(): Promise<void>
}

type KnownConfig = Static<TObject<Pick<typeof serviceConfig, 'LOG_LEVEL' | 'HOST' | 'PORT' | 'MANAGEMENT_PORT'>>>

export type ServiceDefinition<S extends TObject> = {
  readonly name: string
  /** With the fragment `serviceConfig` in it. */
  readonly config: S
  /** What is wrong with settings that a schema cannot judge, one line each. */
  inspect?(values: Record<string, unknown>): string[]
  start(config: Readonly<Static<S>>, runtime: Runtime): Promise<RunningService>
}

/** Between the signal and the forced end. */
const drainMs = 10_000

const exitConfig = 78

/** Runs until a signal; the promise resolves once it listens. */
export async function runService<S extends TObject>(definition: ServiceDefinition<S>): Promise<void> {
  if (process.argv.includes('--print-config')) return printConfig(definition)
  tuneHeap()
  const config = readConfig(definition)
  const known = config as unknown as KnownConfig
  nameService(definition.name)
  const log = createLogger({ name: definition.name, level: known.LOG_LEVEL as LogLevel })

  const state = { isStarted: false, isDraining: false, service: undefined as RunningService | undefined }
  const management = createManagementServer({
    isDraining: () => state.isDraining,
    isStarted: () => state.isStarted,
    ready: async () => (await state.service?.ready()) ?? [],
  })
  try {
    const managementPort = await listen(management, known.HOST, known.MANAGEMENT_PORT)
    const service = await definition.start(config, { log, clock: systemClock })
    state.service = service
    await service.app.listen({ host: known.HOST, port: known.PORT })
    stopGracefully({ state, service, background: startBackground(service.background ?? []), management, log })
    state.isStarted = true
    const { port } = service.app.server.address() as AddressInfo
    log.info(
      { event: 'listening', host: known.HOST, port, management_port: managementPort },
      `${definition.name} listens on port ${port}`,
    )
  } catch (err) {
    failStart(definition.name, err, log)
  }
}

function printConfig(definition: ServiceDefinition<TObject>): void {
  process.stdout.write(
    `${JSON.stringify({ service: definition.name, settings: describeConfig(definition.config) }, null, 2)}\n`,
  )
}

function readConfig<S extends TObject>(definition: ServiceDefinition<S>): Readonly<Static<S>> {
  try {
    return loadConfig(definition.config, process.env, {
      service: definition.name,
      ...(definition.inspect && { inspect: definition.inspect }),
    })
  } catch (err) {
    exitForConfig(definition.name, err)
  }
}

function exitForConfig(name: string, err: unknown): never {
  process.stderr.write(`${name}: ${(err as Error).message}\n`)
  process.exit(isConfigError(err) ? exitConfig : 1)
}

function failStart(name: string, err: unknown, log: Logger): never {
  if (isConfigError(err)) exitForConfig(name, err)
  log.fatal({ err }, `${name} could not start`)
  const code = (err as NodeJS.ErrnoException).code
  if (code === 'EADDRINUSE')
    process.stderr.write(`${name}: the port is taken; set PORT (or MANAGEMENT_PORT) to a free one, or to 0\n`)
  process.exit(1)
}

const listen = (server: Server, host: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })

type Stopping = {
  state: { isDraining: boolean }
  service: RunningService
  background: { stop(): Promise<void> }
  management: Server
  log: Logger
}

/**
 * On SIGTERM and friends, or an error nobody handled: no longer ready, no new requests, running ones end, then
 * background and connections.
 */
function stopGracefully({ state, service, background, management, log }: Stopping): void {
  let fatal: unknown
  const logger = { error: (message: unknown) => log.error({ err: message }, 'stopping failed') }
  const grace = closeWithGrace(
    { delay: drainMs, logger, skip: ['uncaughtException', 'unhandledRejection'] },
    async ({ signal }) => {
      state.isDraining = true
      if (fatal === undefined) log.info({ signal }, 'stopping')
      else log.fatal({ err: fatal }, 'stopping after an error nobody handled')
      await service.app.close()
      await background.stop()
      await service.close()
      management.closeAllConnections()
      management.close()
      log.info('stopped')
      // Thrown on, it makes the exit code 1.
      if (fatal !== undefined) throw fatal
    },
  )
  const onUnhandled = (err: unknown): void => {
    if (outliveDriverFault(err)) return log.warn({ err }, 'the database driver failed; its connections are made anew')
    if (fatal !== undefined) process.exit(1)
    fatal = err ?? new Error('rejected without a reason')
    void grace.close()
  }
  process.on('uncaughtException', onUnhandled).on('unhandledRejection', onUnhandled)
  watchParent(() => {
    log.warn('the process that started this one is gone')
    void grace.close()
  })
}
