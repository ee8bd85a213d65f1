/**
 * The words of following: a place in a producer's history, what a follower is made of, and the proof of freshness it
 * gives.
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import type { NatsLink } from '../nats/connection.ts'
import type { SpineClient } from './spine-client.ts'

/** Everything up to `position` of that epoch has been applied. */
export type Place = { epoch: string; position: number }

/** Proof of freshness of one reader. */
export type Reader = {
  start(): void
  stop(): Promise<void>
  /** Loaded, and current at least once since. */
  ready(): boolean
  /** Applied everything that was committed at some moment of the last `maxAgeMs` (5000 when absent). */
  isCurrent(maxAgeMs?: number): boolean
  /** @param nowMs - of the follower's own monotonic clock, where it was read already. @throws AppError `not_current` */
  requireFresh(nowMs?: number): void
  /** Asks the producer once, after this call, and applies what it says. @throws AppError `not_current` */
  pollNow(): Promise<void>
  /** Whether `position` was applied within `timeoutMs`; asks at once when it is not there yet. */
  waitFor(position: number, timeoutMs: number): Promise<boolean>
  position(): number
  epoch(): string | undefined
}

export type FollowerOptions = {
  name: string
  producer: ServiceName
  client: SpineClient
  nats: NatsLink
  log: Logger
  clock: Clock
  /** Between two polls; 1000 when absent. */
  pollMs?: number
  /**
   * The event types it uses, or prefixes ending in `.>`, none covered by another; everything the producer announces
   * when absent.
   */
  subjects?: readonly string[]
  /** Where the owner stands; undefined when it has nothing yet. Asked at start and after a failure. */
  begin(): Promise<Place | undefined>
  /** Makes the owner's state anew and says as of which place. */
  load(): Promise<Place>
  /**
   * Applies in order all events that are wanted between the place so far and `upTo`, which is where it stands
   * afterwards; there may be none. Returning means they will never be needed again.
   */
  apply(events: EventEnvelope[], upTo: number): Promise<void>
  /** Before each proof of freshness. */
  onProving?(): Promise<void>
}

export const defaultMaxAgeMs = 5000
