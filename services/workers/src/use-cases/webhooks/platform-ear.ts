/**
 * Whether an endpoint of the platform listens to what happens in no organization. Most platforms have none, so an event
 * as frequent as a sign-in shall not cost a statement for that. What was asked is believed for a second: such an
 * endpoint hears of what happens from a second after it was made or enabled.
 */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { hearsOfPlatform } from '../../store/webhook-endpoints.ts'

export type PlatformEar = {
  /** False when it is known that nobody listens. */
  mayHear(): boolean
  /** Asks, unless that is known. */
  listen(db: Queryable): Promise<void>
}

/** @param o.nowMs - a monotonic time */
export function createPlatformEar({ believedMs = 1000, nowMs = () => performance.now() } = {}): PlatformEar {
  let deafUntilMs = -Infinity
  const mayHear = () => nowMs() >= deafUntilMs
  return {
    mayHear,
    async listen(db) {
      const askedMs = nowMs()
      if (mayHear() && !(await hearsOfPlatform(db))) deafUntilMs = askedMs + believedMs
    },
  }
}
