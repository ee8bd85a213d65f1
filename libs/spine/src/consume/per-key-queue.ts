/** Tasks of one key run one after another, tasks of different keys side by side; a failure under one key never holds up another. */

export type PerKeyQueue = {
  run<T>(key: string, task: () => Promise<T>): Promise<T>
  /** Resolves when nothing is running or queued. */
  idle(): Promise<void>
}

export function createPerKeyQueue(): PerKeyQueue {
  const tails = new Map<string, Promise<unknown>>()
  return {
    run: (key, task) => {
      const turn = (tails.get(key) ?? Promise.resolve()).then(task)
      const settled = turn.then(
        () => {},
        () => {},
      )
      tails.set(key, settled)
      void settled.then(() => {
        if (tails.get(key) === settled) tails.delete(key)
      })
      return turn
    },
    idle: async () => {
      while (tails.size > 0) await Promise.all(tails.values())
    },
  }
}
