/**
 * Work a service does without being asked: relays, readers, consumers, upkeep. Every piece is a `Part` with a start and
 * a stop, and a service lists its parts in the order in which they start; they stop in the reverse order.
 */
import type { Logger } from '../logging/logger.ts'
import { describeFailure } from '../postgres/errors.ts'

export type Part = {
  start(): void
  /** Resolves when nothing of the part is under way any more. */
  stop(): Promise<unknown>
}

/** Starts `parts` in order. Stopping goes on after a part that fails to stop. */
export function startBackground(parts: readonly Part[]): { stop(): Promise<void> } {
  for (const part of parts) part.start()
  return {
    stop: async () => {
      for (const part of [...parts].reverse()) await Promise.allSettled([part.stop()])
    },
  }
}

/** Parts that depend on each other in no way, as one: they stop at the same time. */
export const together = (parts: readonly Part[]): Part => ({
  start: () => {
    for (const part of parts) part.start()
  },
  stop: () => Promise.allSettled(parts.map((part) => part.stop())),
})

/**
 * Runs `run` now and again `everyMs` after each end, so that a slow round never overlaps itself.
 * The first failure of a row is logged and so is the recovery; the rounds go on in between.
 */
export function createUpkeep(o: {
  name: string
  run(): Promise<unknown>
  everyMs: number | (() => number)
  log: Logger
}): Part {
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  let isFailing = false
  let underway: Promise<void> = Promise.resolve()
  const round = async (): Promise<void> => {
    try {
      await o.run()
      if (isFailing) o.log.info({ upkeep: o.name }, 'upkeep works again')
      isFailing = false
    } catch (error) {
      if (!isFailing)
        o.log.warn({ upkeep: o.name, reason: describeFailure(error) }, 'upkeep failed; it will be repeated')
      isFailing = true
    }
    if (isStopped) return
    timer = setTimeout(begin, typeof o.everyMs === 'number' ? o.everyMs : o.everyMs()).unref()
  }
  const begin = (): void => void (underway = round())
  return {
    start: begin,
    stop: async () => {
      isStopped = true
      clearTimeout(timer)
      await underway
    },
  }
}
