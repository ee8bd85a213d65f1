/**
 * CPU-heavy work beside the event loop: threads that run the functions one module exports, behind a fair queue per key.
 * Work whose signal aborts (its deadline was answered, its client has gone) is not begun, or its thread is ended.
 * Threads start with the first work and end when idle.
 */
import { extname } from 'node:path'
import { Piscina } from 'piscina'
import { gauge } from '../telemetry/metrics.ts'
import { createFairQueue } from './fair-queue.ts'

/** Work as the module exports it: arguments and results are copied between threads, so they are plain data. */
type Exports = { readonly [name: string]: (input: never) => unknown }

export type WorkerPool<E extends Exports> = {
  /**
   * Runs the export `name` of the module with a copy of `input`.
   * @throws AppError `unavailable` when there is no room, the signal's reason when it aborts, and what the work throws
   */
  run<N extends keyof E & string>(
    name: N,
    input: Parameters<E[N]>[0],
    o: { readonly key: string; readonly signal?: AbortSignal | undefined },
  ): Promise<Awaited<ReturnType<E[N]>>>
  readonly waiting: number
  close(): Promise<void>
}

export type WorkerPoolOptions = {
  /** In metrics and in the log. */
  readonly name: string
  /** See `siblingModule`. */
  readonly module: URL
  readonly threads: number
  /** Pieces of work that may wait, of all keys together. */
  readonly capacity: number
}

/** A thread that needs more has met something no limit foresaw; it ends alone. */
const memoryOfThread = { maxOldGenerationSizeMb: 256 }
const idleMs = 60_000
/** Of a core that both want, a thread then has a quarter and the event loop the rest. */
const niceness = 5

export function createWorkerPool<E extends Exports>(o: WorkerPoolOptions): WorkerPool<E> {
  const threads = new Piscina({
    filename: o.module.href,
    execArgv: [...behindTheLoop(), ...loaderOf(o.module)],
    minThreads: 0,
    maxThreads: o.threads,
    idleTimeout: idleMs,
    // An idle thread then sleeps in its event loop, where it can be ended.
    atomics: 'disabled',
    resourceLimits: memoryOfThread,
    // The threads need no setting, so no secret is in reach of what they work on.
    env: {},
  })
  const queue = createFairQueue({ name: o.name, concurrency: o.threads, capacity: o.capacity })
  gauge(`${o.name}_pool_waiting`, `Work waiting for a thread of the ${o.name} pool`, () => queue.waiting)
  return {
    run: (name, input, { key, signal }) =>
      queue.run(key, () => withReason(threads.run(input, { name, ...(signal ? { signal } : {}) }), signal), signal),
    get waiting() {
      return queue.waiting
    },
    close: () => threads.destroy(),
  }
}

/**
 * Threads run at a lower priority than the event loop, which else waits for a core while they work. Linux alone keeps a
 * priority for each thread; elsewhere it would be that of the whole process.
 */
function behindTheLoop(): string[] {
  if (process.platform !== 'linux') return []
  const lower = `import os from 'node:os'; os.setPriority(Math.min(19, os.getPriority() + ${niceness}))`
  return ['--import', `data:text/javascript,${encodeURIComponent(lower)}`]
}

/** A thread does not inherit the loader that a process runs its sources with. What was built needs none. */
function loaderOf(module: URL): string[] {
  if (extname(module.pathname) !== '.ts') return []
  const register = `import { register } from '${import.meta.resolve('tsx/esm/api')}'; register()`
  return ['--import', `data:text/javascript,${encodeURIComponent(register)}`]
}

/** Work that was stopped fails with the reason it was stopped for. */
async function withReason<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  try {
    return await work
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}

/**
 * A module that lies beside the caller's: `name.ts` beside a source, `name.mjs` in a bundle, where everything lies
 * beside `main.mjs`. Such modules are `src/*-worker.ts` of a service; the bundle has an entry for each.
 * @param from - the caller's `import.meta.url`; the caller lies in `src/` itself
 */
export const siblingModule = (from: string, name: string): URL => new URL(`./${name}${extname(from)}`, from)
