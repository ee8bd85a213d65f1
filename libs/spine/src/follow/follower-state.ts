/**
 * What a follower knows of itself: its place with the events that wait for a gap before them, and as of when it is
 * current.
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import type { Place } from './following.ts'
import { createPositionWaiters } from './position-waiters.ts'

/** Out-of-order events kept while the poll fetches what is missing before them. */
const mostHeld = 2000

export type PlaceKeeper = ReturnType<typeof createPlaceKeeper>

export function createPlaceKeeper() {
  let place: Place | undefined
  let newest = 0
  const held = new Map<number, EventEnvelope>()
  const waiters = createPositionWaiters()
  return {
    current: (): Place | undefined => place,
    moveTo: (next: Place) => {
      place = next
      for (const position of held.keys()) if (position <= next.position) held.delete(position)
      waiters.arrived(next.position)
    },
    lose: () => {
      place = undefined
      newest = 0
      held.clear()
    },
    note: (events: EventEnvelope[]) => {
      newest = Math.max(newest, events.at(-1)?.position ?? 0)
    },
    /** Position of the newest event that was applied since the last loss: what a tail owes. */
    newest: (): number => newest,
    hold: (event: EventEnvelope) => {
      if (held.size < mostHeld) held.set(event.position, event)
    },
    isHoldingMore: (): boolean => held.size > 0,
    /** The events that follow the place without a gap. */
    contiguous: (): EventEnvelope[] => {
      const events: EventEnvelope[] = []
      for (let next = (place?.position ?? Infinity) + 1; held.has(next); next += 1)
        events.push(held.get(next) as EventEnvelope)
      return events
    },
    waiters,
  }
}

export type Freshness = ReturnType<typeof createFreshness>

/** Freshness as of a moment of one's own monotonic clock: no two clocks are ever compared. */
export function createFreshness(clock: Clock) {
  let asOfMs = -Infinity
  let wasProven = false
  return {
    prove: (askedAtMs: number) => {
      asOfMs = Math.max(asOfMs, askedAtMs)
      wasProven = true
    },
    lose: () => {
      asOfMs = -Infinity
      wasProven = false
    },
    isWithin: (maxAgeMs: number, nowMs = clock.monotonicMs()): boolean => nowMs - asOfMs <= maxAgeMs,
    wasProven: (): boolean => wasProven,
  }
}
