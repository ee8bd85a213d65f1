/**
 * A bounded queue in front of work that costs a core: so many at once, so many waiting, the rest refused at once.
 * Sources take turns, and when the queue is full the longest line gives up its newest place: one source cannot keep the others out.
 */
import { problem, type AppError } from '@gatehouse/service-kit/errors/app-error'

export type HashQueue = {
  /** @throws AppError `unavailable` with Retry-After when there is no room */
  run<T>(source: string, work: () => Promise<T>): Promise<T>
  waiting(): number
}

type Place = { start: () => void; refuse: (err: AppError) => void }

const retryAfterSeconds = 2
const overloaded = (): AppError => problem('unavailable', { internal: 'the password queue is full', retryAfterSeconds })

export function createHashQueue({ concurrency, capacity }: { concurrency: number; capacity: number }): HashQueue {
  const lines = new Map<string, Place[]>()
  let running = 0
  let waiting = 0

  /** The first place of the line whose turn it is; that line goes to the end. */
  const takeNext = (): Place | undefined => {
    for (const [source, line] of lines) {
      const place = line.shift()
      lines.delete(source)
      if (line.length > 0) lines.set(source, line)
      if (place) waiting -= 1
      return place
    }
    return undefined
  }

  const enter = (source: string, place: Place): void => {
    if (waiting >= capacity && !makeRoom(lines, source)) return place.refuse(overloaded())
    waiting = Math.min(waiting + 1, capacity)
    lines.set(source, [...(lines.get(source) ?? []), place])
  }

  const leave = (): void => {
    const next = takeNext()
    if (next) next.start()
    else running -= 1
  }

  return {
    waiting: () => waiting,
    async run(source, work) {
      if (running < concurrency) running += 1
      else await new Promise<void>((start, refuse) => enter(source, { start, refuse }))
      try {
        return await work()
      } finally {
        leave()
      }
    },
  }
}

/** Refuses the newest place of the longest line, unless the newcomer's own line would be as long. */
function makeRoom(lines: Map<string, Place[]>, newcomer: string): boolean {
  let longest: Place[] = []
  for (const line of lines.values()) if (line.length > longest.length) longest = line
  if ((lines.get(newcomer)?.length ?? 0) + 1 >= longest.length) return false
  longest.pop()?.refuse(overloaded())
  return true
}
