/**
 * A server that requests go on without: NATS, Redis. It is asked all the time, so that its loss is known within five
 * seconds, however quiet the process is and however the server was lost: gone, unreachable, or hung with its
 * connections open. One line in the log says that it is lost, one that it is back.
 */
import type { Logger } from '../logging/logger.ts'
import { redactText } from '../logging/redaction.ts'
import { gauge } from '../telemetry/metrics.ts'
import type { ReadyCheck } from './checks.ts'

export type Dependency = {
  /** `degraded` while it is lost: said, and no reason to take no requests. */
  check(): ReadyCheck
  stop(): void
}

/** While it answers; with what follows, a loss right after an answer is known 4.5 s later. */
const everyMs = 2000
/** While it does not. */
const againMs = 500
const answerWithinMs = 1000
/** One slow answer is no loss. */
const failuresUntilLost = 2

const watched = new Map<string, { failures: number }>()

gauge('gatehouse_dependency_up', 'Whether a server that requests go on without answers: 1 or 0, by dependency', () =>
  [...watched].map(([dependency, { failures }]) => ({
    value: failures < failuresUntilLost ? 1 : 0,
    labels: { dependency },
  })),
)

/** `probe` resolves when the server answers. Asked from now on, until `stop`. */
export function watchDependency(o: { name: string; probe(): Promise<unknown>; log: Logger }): Dependency {
  const state: { failures: number; reason: string } = { failures: 0, reason: '' }
  watched.set(o.name, state)
  let timer: NodeJS.Timeout | undefined
  let isStopped = false

  const look = async (): Promise<void> => {
    const failure = await answerOf(o.probe)
    if (isStopped) return
    if (failure === undefined) {
      if (state.failures >= failuresUntilLost) o.log.info({ dependency: o.name }, `${o.name} is back`)
      state.failures = 0
    } else {
      state.failures += 1
      state.reason = failure
      if (state.failures === failuresUntilLost)
        o.log.warn({ dependency: o.name, reason: failure }, `${o.name} is lost; requests go on without it`)
    }
    timer = setTimeout(() => void look(), failure === undefined ? everyMs : againMs).unref()
  }
  void look()
  return {
    check: () =>
      state.failures < failuresUntilLost
        ? { name: o.name, ok: true }
        : { name: o.name, ok: false, degraded: true, reason: state.reason },
    stop: () => {
      isStopped = true
      clearTimeout(timer)
      if (watched.get(o.name) === state) watched.delete(o.name)
    },
  }
}

/** Why it did not answer in time; undefined when it did. */
async function answerOf(probe: () => Promise<unknown>): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${answerWithinMs} ms`)), answerWithinMs).unref()
  })
  try {
    await Promise.race([Promise.resolve().then(probe), late])
    return undefined
  } catch (err) {
    return redactText(err instanceof Error && err.message !== '' ? err.message : 'no answer')
  } finally {
    clearTimeout(timer)
  }
}
