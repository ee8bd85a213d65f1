/**
 * Work of the event loop that is too much for one go takes turns. A turn is counted in steps and never timed. In each
 * round of the event loop one turn is taken, however much work waits, and keys (a tenant) take turns; whatever else
 * came in is served between two of them. Work ends with its request.
 */
import { channel } from 'node:diagnostics_channel'
import { problem } from '../errors/app-error.ts'

/** From half a millisecond to five, by what the steps are; then others are let go first. */
export const stepsPerTurn = 50_000

/** A turn that was taken, and by which work. */
export type TurnTaken = { readonly work: string; readonly steps: number }
/** Tells each turn to those who listen; without any it costs nothing. */
export const turnsTaken = channel('gatehouse.turn')

export type TurnOptions = {
  /** What is done, for those who listen. */
  readonly work: string
  /** Whose work it is: keys take turns. */
  readonly key: string
  /** Aborts when nobody waits for the result any more. */
  readonly signal?: AbortSignal | undefined
  /** Steps that all turns may take together. */
  readonly most?: number | undefined
}

export type Turns = {
  /** Counts steps of the turn under way. @throws AppError `evaluation_too_expensive` */
  took(steps: number): void
  /** Whether what was taken since the last turn is one. */
  readonly isOver: boolean
  /** Ends the turn under way and waits for the next. @throws what the signal was aborted with */
  next(): Promise<void>
  /** Ends the last turn. */
  end(): void
  readonly stepsTaken: number
}

export function createTurns({ work, key, signal, most = Infinity }: TurnOptions): Turns {
  let taken = 0
  let ofTurn = 0
  const end = (): void => {
    if (ofTurn > 0 && turnsTaken.hasSubscribers) turnsTaken.publish({ work, steps: ofTurn } satisfies TurnTaken)
    ofTurn = 0
  }
  return {
    took(steps) {
      taken += steps
      ofTurn += steps
      if (taken > most) throw problem('evaluation_too_expensive')
    },
    get isOver() {
      return ofTurn >= stepsPerTurn
    },
    async next() {
      end()
      await nextRound(key)
      signal?.throwIfAborted()
    },
    end,
    get stepsTaken() {
      return taken
    },
  }
}

/**
 * Does work whose parts (`yield`) tell the steps they took; those who wait already go first.
 * @throws AppError `evaluation_too_expensive`, what the signal was aborted with, and what the work throws
 */
export async function inTurns<T>(work: Generator<number, T, void>, options: TurnOptions): Promise<T> {
  const turns = createTurns(options)
  try {
    await turns.next()
    for (;;) {
      const part = work.next()
      if (part.done) return part.value
      turns.took(part.value)
      if (turns.isOver) await turns.next()
    }
  } finally {
    turns.end()
  }
}

/**
 * Does a piece that cannot be taken apart, in a round of the event loop in which no other turn is taken.
 * @param o.steps - as long as it is, for those who listen
 */
export async function inOneTurn<T>(piece: () => T, o: { work: string; key: string; steps: number }): Promise<T> {
  await nextRound(o.key)
  if (turnsTaken.hasSubscribers) turnsTaken.publish({ work: o.work, steps: o.steps } satisfies TurnTaken)
  return piece()
}

const nextRound = createRounds()

/** One of those who wait is let go in each round of the event loop; a line per key, in the order of turns. */
function createRounds(): (key: string) => Promise<void> {
  const lines = new Map<string, (() => void)[]>()
  let isPlanned = false
  const plan = (): void => {
    isPlanned = lines.size > 0
    if (isPlanned) setImmediate(round)
  }
  const round = (): void => {
    const [first] = lines
    if (first === undefined) return plan()
    const [key, line] = first
    const go = line.shift()
    lines.delete(key)
    if (line.length > 0) lines.set(key, line)
    plan()
    go?.()
  }
  return (key) =>
    new Promise((resolve) => {
      const line = lines.get(key)
      if (line === undefined) lines.set(key, [resolve])
      else line.push(resolve)
      if (!isPlanned) plan()
    })
}
