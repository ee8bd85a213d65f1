/**
 * A bounded queue in front of work that costs a core: so many at once, so many waiting, the rest refused at once.
 * Sources take turns, and when the queue is full the longest line gives up its newest place: one source cannot keep the others out.
 * The queue is never longer than what can be done in time, and work that nobody waits for any more is not begun.
 */
import type { Clock } from '@gatehouse/service-kit/context/clock'
import { problem, type AppError } from '@gatehouse/service-kit/errors/app-error'

/** `source`: whose turn it uses. `signal` aborts when nobody waits for the result any more. */
export type Turn = { source: string; signal?: AbortSignal | undefined }

export type HashQueue = {
  /** @throws AppError `unavailable` with Retry-After when there is no room; the reason of the signal when it aborts first */
  run<T>(turn: Turn, work: () => Promise<T>): Promise<T>
  waiting(): number
}

type Settings = {
  concurrency: number
  /** Places, however quick the work is. */
  capacity: number
  /** The longest wait that a place is given for, by how long the work took lately. */
  maxWaitMs: number
  clock: Clock
}
type Place = { start: () => void; refuse: (err: unknown) => void }
type Lines = Map<string, Place[]>

const retryAfterSeconds = 2
const overloaded = (): AppError => problem('unavailable', { internal: 'the password queue is full', retryAfterSeconds })

export function createHashQueue({ concurrency, capacity, maxWaitMs, clock }: Settings): HashQueue {
  const lines: Lines = new Map()
  const pace = createPace(clock)
  let running = 0

  const places = (): number => Math.min(capacity, Math.floor((maxWaitMs * concurrency) / pace.meanMs()))
  const leave = (): void => {
    const next = takeNext(lines)
    if (next) next.start()
    else running -= 1
  }
  const enter = ({ source, signal }: Turn): Promise<void> =>
    new Promise((resolve, reject) => {
      const withdraw = (): void => {
        removePlace(lines, source, place)
        reject(signal?.reason as Error)
      }
      const settle = (end: () => void): void => {
        signal?.removeEventListener('abort', withdraw)
        end()
      }
      const place: Place = { start: () => settle(resolve), refuse: (err) => settle(() => reject(err as Error)) }
      if (countPlaces(lines) >= places() && !makeRoom(lines, source)) return place.refuse(overloaded())
      signal?.addEventListener('abort', withdraw, { once: true })
      lines.set(source, [...(lines.get(source) ?? []), place])
    })

  return {
    waiting: () => countPlaces(lines),
    async run(turn, work) {
      turn.signal?.throwIfAborted()
      if (running < concurrency) running += 1
      else await enter(turn)
      try {
        return await pace.measure(work)
      } finally {
        leave()
      }
    },
  }
}

/** How long the work took lately, as a moving mean that forgets: the last ten runs make most of it. */
function createPace(clock: Clock): { meanMs(): number; measure<T>(work: () => Promise<T>): Promise<T> } {
  let mean = 1
  return {
    meanMs: () => mean,
    async measure(work) {
      const startedMs = clock.monotonicMs()
      try {
        return await work()
      } finally {
        mean = Math.max(1, mean * 0.9 + (clock.monotonicMs() - startedMs) * 0.1)
      }
    },
  }
}

const countPlaces = (lines: Lines): number => {
  let count = 0
  for (const line of lines.values()) count += line.length
  return count
}

/** The first place of the line whose turn it is; that line goes to the end. */
function takeNext(lines: Lines): Place | undefined {
  for (const [source, line] of lines) {
    const place = line.shift()
    lines.delete(source)
    if (line.length > 0) lines.set(source, line)
    return place
  }
  return undefined
}

function removePlace(lines: Lines, source: string, place: Place): void {
  const left = (lines.get(source) ?? []).filter((one) => one !== place)
  if (left.length > 0) lines.set(source, left)
  else lines.delete(source)
}

/** Refuses the newest place of the longest line, unless the newcomer's own line would be as long. */
function makeRoom(lines: Lines, newcomer: string): boolean {
  let longest: { source: string; line: Place[] } = { source: '', line: [] }
  for (const [source, line] of lines) if (line.length > longest.line.length) longest = { source, line }
  if ((lines.get(newcomer)?.length ?? 0) + 1 >= longest.line.length) return false
  longest.line.pop()?.refuse(overloaded())
  return true
}
