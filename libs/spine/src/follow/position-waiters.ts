/** Callers who wait until a position has been reached, each for as long as it can afford. */

export type PositionWaiters = {
  /** True when `arrived` came to `position` within `timeoutMs`. */
  wait(position: number, timeoutMs: number): Promise<boolean>
  arrived(upTo: number): void
  /** Nobody will come any more. */
  giveUp(): void
}

export function createPositionWaiters(): PositionWaiters {
  const waiters = new Set<{ position: number; settle(arrived: boolean): void }>()
  return {
    wait: (position, timeoutMs) =>
      new Promise((resolve) => {
        const settle = (arrived: boolean) => {
          clearTimeout(limit)
          waiters.delete(waiter)
          resolve(arrived)
        }
        const waiter = { position, settle }
        const limit = setTimeout(settle, timeoutMs, false)
        waiters.add(waiter)
      }),
    arrived: (upTo) => {
      for (const waiter of waiters) if (waiter.position <= upTo) waiter.settle(true)
    },
    giveUp: () => {
      for (const waiter of waiters) waiter.settle(false)
    },
  }
}
