/**
 * A bounded queue in front of dear work: so many pieces at once, so many waiting, the rest refused at once with 503.
 * Keys (a tenant, a source of requests) take turns, and when the queue is full the longest line gives up its newest
 * place: one key cannot keep the others out. Work whose signal has aborted is dead: it leaves the line at once and is
 * never begun.
 */
import { problem, type AppError } from '../errors/app-error.ts'

export type FairQueue = {
  /**
   * Runs `work` when it is the key's turn.
   * @throws AppError `unavailable` with Retry-After when there is no room; the signal's reason when it aborts before
   *   the work began
   */
  run<T>(key: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T>
  readonly waiting: number
  readonly running: number
}

export type FairQueueOptions = {
  /** What waits, for operators: told in the log and never to the caller. */
  readonly name: string
  readonly concurrency: number
  /**
   * Pieces that may wait, of all keys together. Choose it so that the last one is begun within the deadline of a
   * request.
   */
  readonly capacity: number | (() => number)
  readonly retryAfterSeconds?: number
}

export function createFairQueue(o: FairQueueOptions): FairQueue {
  const lines = createLines()
  let running = 0
  const overloaded = (): AppError =>
    problem('unavailable', { internal: `the ${o.name} queue is full`, retryAfterSeconds: o.retryAfterSeconds ?? 2 })

  const capacity = (): number => (typeof o.capacity === 'number' ? o.capacity : o.capacity())
  const enter = (place: Place): void => {
    if (lines.waiting >= capacity()) {
      const other = lines.placeToGiveUp(place.key)
      if (!other) return place.refuse(overloaded())
      lines.leave(other)
      other.refuse(overloaded())
    }
    lines.enter(place)
  }
  /** Whoever waits takes the turn over. */
  const passOn = (): void => {
    const next = lines.takeNext()
    if (next) next.start()
    else running -= 1
  }

  return {
    async run(key, work, signal) {
      signal?.throwIfAborted()
      if (running < o.concurrency) running += 1
      else await turnOf(key, { enter, leave: lines.leave, signal })
      try {
        signal?.throwIfAborted()
        return await work()
      } finally {
        passOn()
      }
    },
    get waiting() {
      return lines.waiting
    },
    get running() {
      return running
    },
  }
}

type Waiting = { enter(place: Place): void; leave(place: Place): void; readonly signal: AbortSignal | undefined }

/** Settles when it is the key's turn, or when its place is refused or given up. */
const turnOf = (key: string, { enter, leave, signal }: Waiting): Promise<void> =>
  new Promise((resolve, reject) => {
    const giveUp = (): void => {
      leave(place)
      reject(signal?.reason)
    }
    const settled = (): void => signal?.removeEventListener('abort', giveUp)
    const place: Place = {
      key,
      start() {
        settled()
        resolve()
      },
      refuse(reason) {
        settled()
        reject(reason)
      },
    }
    signal?.addEventListener('abort', giveUp, { once: true })
    enter(place)
  })

type Place = { readonly key: string; start(): void; refuse(reason: unknown): void }

/** A line per key, in the order of turns; no line is empty. */
function createLines() {
  const lines = new Map<string, Place[]>()
  let waiting = 0
  const leave = (place: Place): void => {
    const line = lines.get(place.key) ?? []
    const at = line.indexOf(place)
    if (at < 0) return
    line.splice(at, 1)
    waiting -= 1
    if (line.length === 0) lines.delete(place.key)
  }
  return {
    leave,
    enter(place: Place): void {
      const line = lines.get(place.key) ?? []
      line.push(place)
      lines.set(place.key, line)
      waiting += 1
    },
    /** The first place of the line whose turn it is; that line goes to the end. */
    takeNext(): Place | undefined {
      const [first] = lines
      const [key, line] = first ?? []
      const place = line?.[0]
      if (key === undefined || !line || !place) return undefined
      leave(place)
      if (lines.delete(key)) lines.set(key, line)
      return place
    },
    /** The newest place of the longest line, unless the newcomer's own line would be as long. */
    placeToGiveUp(newcomer: string): Place | undefined {
      let longest: readonly Place[] = []
      for (const line of lines.values()) if (line.length > longest.length) longest = line
      return (lines.get(newcomer)?.length ?? 0) + 1 < longest.length ? longest.at(-1) : undefined
    },
    get waiting() {
      return waiting
    },
  }
}
