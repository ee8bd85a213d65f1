/**
 * What the relay knows of its way: everything up to `published` is acknowledged, everything up to `sent` was handed to
 * the client, and acknowledgements that came early wait for the ones before them.
 */
import { createPositionWaiters, type PositionWaiters } from '../follow/position-waiters.ts'

export type PublishWindow = {
  published(): number
  sent(): number
  inFlight(): number
  markSent(position: number): void
  acknowledge(position: number): void
  /**
   * Another replica published up to `elsewhere`; what lies before the oldest row that is left was published before it
   * was dropped.
   */
  advanceTo(elsewhere: number, oldest: number | undefined): void
  /** What is in flight counts as not sent; late acknowledgements still count. */
  forget(): void
  waiters: PositionWaiters
}

export function createPublishWindow(): PublishWindow {
  let published = 0
  let sent = 0
  const early = new Set<number>()
  const waiters = createPositionWaiters()
  return {
    published: () => published,
    sent: () => sent,
    inFlight: () => sent - published,
    markSent: (position) => {
      sent = Math.max(sent, position)
    },
    acknowledge: (position) => {
      if (position <= published) return
      early.add(position)
      while (early.delete(published + 1)) published += 1
      waiters.arrived(published)
    },
    advanceTo: (elsewhere, oldest) => {
      const known = oldest !== undefined && sent === published ? Math.max(elsewhere, oldest - 1) : elsewhere
      if (known <= published) return
      published = known
      sent = Math.max(sent, published)
      for (const position of early) if (position <= published) early.delete(position)
      waiters.arrived(published)
    },
    forget: () => {
      sent = published
    },
    waiters,
  }
}
