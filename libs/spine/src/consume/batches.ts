/**
 * What waits is handled together: under load one transaction claims many events, at rest each event is a batch of its
 * own. Entries of one key keep their order, whichever batches they are in. A batch that fails gives back its entries:
 * the one that is to blame rests and is tried alone, the others go on.
 */

export type Entry<T> = {
  readonly item: T
  readonly key: string
  readonly weight: number
  /** Failed tries of this entry, here. */
  failures: number
  /** In a batch of its own, since it has failed or may be what made a batch fail. */
  isAlone: boolean
  isResting: boolean
  /** Said by `run` before it throws. */
  isToBlame: boolean
  settle(): void
  refuse(error: unknown): void
}

export type Batches<T> = {
  /** Resolves when the item is settled; rejects when that can't be known now. */
  add(key: string, item: T): Promise<void>
  /** Resolves when nothing is running or waiting. */
  idle(): Promise<void>
}

/** What becomes of an entry whose batch has failed. */
export type Verdict = { kind: 'settled' } | { kind: 'refused'; error: unknown } | { kind: 'again'; afterMs: number }

export type BatchOptions<T> = {
  /** Batches at the same time. */
  atOnce: number
  /** Entries of one batch. */
  most: number
  /** An entry goes into a batch as long as those before it weigh less than this. */
  heaviest: number
  weigh(item: T): number
  /** Throws when nothing of the batch has happened. */
  run(entries: readonly Entry<T>[]): Promise<void>
  /** Judges each entry of a batch that has failed, in their order. */
  judge(entries: readonly Entry<T>[], error: unknown): Promise<readonly Verdict[]>
}

export function createBatches<T>(o: BatchOptions<T>): Batches<T> {
  let waiting: Entry<T>[] = []
  const busy = new Set<string>()
  const all = new Set<Promise<void>>()
  let running = 0
  // After a failure one at a time, then more and more again: what fails for all of a batch must not hold up what would
  // succeed alone.
  let most = o.most

  const take = (): Entry<T>[] => {
    const { batch, left } = pick(waiting, { busy, most, heaviest: o.heaviest })
    waiting = left
    for (const { key } of batch) busy.add(key)
    return batch
  }
  const runOne = async (batch: readonly Entry<T>[]): Promise<void> => {
    try {
      await o.run(batch)
      most = Math.min(o.most, most * 2)
      for (const entry of batch) entry.settle()
    } catch (error) {
      most = 1
      const verdicts = await o.judge(batch, error).catch(() => [])
      waiting = [...returned(batch, { verdicts, error, onRested: pump }), ...waiting]
    }
    for (const { key } of batch) busy.delete(key)
    running -= 1
    pump()
  }
  const pump = (): void => {
    while (running < o.atOnce) {
      const batch = take()
      if (batch.length === 0) return
      running += 1
      void runOne(batch)
    }
  }
  return {
    add: (key, item) => {
      const settled = new Promise<void>((settle, refuse) => {
        const fresh = { failures: 0, isAlone: false, isResting: false, isToBlame: false }
        waiting.push({ item, key, weight: o.weigh(item), ...fresh, settle, refuse })
      })
      const ended = settled.catch(() => {}).then(() => void all.delete(ended))
      all.add(ended)
      // What is added in one go is one batch.
      queueMicrotask(pump)
      return settled
    },
    idle: async () => {
      while (all.size > 0) await Promise.all(all)
    },
  }
}

/** Tells the entries of a failed batch what becomes of them. @returns those that are tried again */
function returned<T>(
  batch: readonly Entry<T>[],
  o: { verdicts: readonly Verdict[]; error: unknown; onRested: () => void },
): Entry<T>[] {
  const again: Entry<T>[] = []
  for (const [at, entry] of batch.entries()) {
    const verdict = o.verdicts[at] ?? { kind: 'refused', error: o.error }
    if (verdict.kind === 'settled') entry.settle()
    else if (verdict.kind === 'refused') entry.refuse(verdict.error)
    else {
      again.push(entry)
      if (verdict.afterMs > 0) rest(entry, verdict.afterMs, o.onRested)
    }
  }
  return again
}

function rest<T>(entry: Entry<T>, forMs: number, onRested: () => void): void {
  entry.isResting = true
  const wake = () => {
    entry.isResting = false
    onRested()
  }
  setTimeout(wake, forMs).unref()
}

/** The first entries whose keys are free, in their order; one that has to wait holds up the later ones of its key. */
function pick<T>(
  waiting: readonly Entry<T>[],
  { busy, most, heaviest }: { busy: ReadonlySet<string>; most: number; heaviest: number },
): { batch: Entry<T>[]; left: Entry<T>[] } {
  const held = new Set(busy)
  const batch: Entry<T>[] = []
  const left: Entry<T>[] = []
  let isFull = false
  let weight = 0
  for (const entry of waiting) {
    const canGo: boolean = !isFull && !held.has(entry.key) && !entry.isResting && (!entry.isAlone || batch.length === 0)
    if (canGo) {
      batch.push(entry)
      weight += entry.weight
    } else {
      left.push(entry)
      held.add(entry.key)
    }
    isFull = batch.length >= most || weight >= heaviest || (canGo && entry.isAlone)
  }
  return { batch, left }
}
