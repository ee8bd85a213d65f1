/**
 * Following one producer with a proof of currency. Events arrive fast by the tail and surely by the poll; both end in the same place,
 * where each position is applied once and in order. The follower is current as of the moment it asked (its own monotonic clock)
 * once it has applied up to the head it was told. What it applies to (memory, a database) is its owner's.
 */
import type { ServiceName } from '@gatehouse/contracts/common/services'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import type { Clock } from '../context/clock.ts'
import { isAppError, problem } from '../errors/app-error.ts'
import type { Logger } from '../logging/logger.ts'
import { describeFailure } from '../postgres/errors.ts'
import type { NatsLink } from './nats.ts'
import { shareFlights } from './shared-flight.ts'
import type { ChangesPage, SpineClient } from './spine-client.ts'
import type { Subscription } from './subscription.ts'
import { openTail } from './tail.ts'

export type Place = { epoch: string; position: number }

/** Proof of currency of one reader. */
export type Reader = {
  start(): void
  stop(): Promise<void>
  /** Loaded, and current at least once since. */
  ready(): boolean
  /** Applied everything that was committed at some moment of the last `maxAgeMs` (5000 when absent). */
  isCurrent(maxAgeMs?: number): boolean
  /** @throws AppError `not_current` */
  requireCurrent(): void
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
  pollMs?: number
  /** Where the owner stands; undefined when it has nothing yet. Asked at start and after a failure. */
  begin(): Promise<Place | undefined>
  /** Makes the owner's state anew and says as of which place. */
  load(): Promise<Place>
  /** Applies contiguous events in order. Returning means they will never be needed again. */
  apply(events: EventEnvelope[]): Promise<void>
  /** After each answer of the producer was applied. */
  onPolled?(): Promise<void>
}

export const defaultMaxAgeMs = 5000
const defaultPollMs = 1000
const pageLimit = 500
/** Out-of-order events kept while the poll fetches what is missing before them. */
const mostPending = 2000

export function createFollower(o: FollowerOptions): Reader {
  const log = o.log.child({ reader: o.name, producer: o.producer })
  let place: Place | undefined
  let currentAsOfMs = -Infinity
  let wasCurrent = false
  let stopped = true
  let tail: Subscription | undefined
  let timer: NodeJS.Timeout | undefined
  let failing = false
  let lastStep: Promise<unknown> = Promise.resolve()
  const pending = new Map<number, EventEnvelope>()
  const waiters = new Set<{ position: number; settle(arrived: boolean): void }>()
  const silence = watchSilence()

  /** Loading, applying and polling never overlap. */
  const inTurn = <T>(step: () => Promise<T>): Promise<T> => {
    const turn = lastStep.then(step, step)
    lastStep = turn.catch(() => {})
    return turn
  }
  const moveTo = (next: Place) => {
    place = next
    for (const position of pending.keys()) if (position <= next.position) pending.delete(position)
    for (const waiter of waiters) if (waiter.position <= next.position) waiter.settle(true)
  }
  const reload = async (reason: string) => {
    log.info({ reason }, 'loading a snapshot')
    currentAsOfMs = -Infinity
    wasCurrent = false
    pending.clear()
    place = undefined
    moveTo(await o.load())
  }
  const applyPending = async () => {
    if (place === undefined) return
    const events: EventEnvelope[] = []
    for (let next = place.position + 1; ; next += 1) {
      const event = pending.get(next)
      if (event === undefined) break
      events.push(event)
    }
    const last = events.at(-1)
    if (last === undefined) return
    const { epoch } = place
    await apply(events)
    moveTo({ epoch, position: last.position })
  }
  const onTailEvent = (event: EventEnvelope) => {
    silence.heard(event.position)
    if (place === undefined || stopped) return
    if (event.epoch !== place.epoch) return pollSoon()
    if (event.position <= place.position) return
    if (pending.size < mostPending) pending.set(event.position, event)
    void inTurn(applyPending).then(
      () => {
        if (pending.size > 0) pollSoon()
      },
      complain,
    )
  }
  const complain = (error: unknown) => {
    if (!failing && !stopped) log.warn({ reason: describeFailure(error) }, 'following fails; it goes on trying')
    failing = true
  }

  const stand = async (): Promise<Place> => {
    place ??= await o.begin()
    if (place === undefined) await reload('nothing loaded yet')
    return place as unknown as Place
  }
  /** The owner's state may be half-way or behind after a failure: where it stands is asked again. */
  const apply = async (events: EventEnvelope[]) => {
    try {
      if (events.length > 0) await o.apply(events)
    } catch (error) {
      place = undefined
      pending.clear()
      throw error
    }
  }
  const take = async (asked: Place & { atMs: number }, page: ChangesPage): Promise<boolean> => {
    if (page.epoch !== asked.epoch || page.head < asked.position) {
      await reload(page.epoch === asked.epoch ? 'the head is below what was applied' : 'another epoch')
      return true
    }
    // The tail may have come further than what was asked for, or a failure may have unsettled the place: then ask again.
    if (place === undefined || place.epoch !== asked.epoch) return true
    const { position } = place
    await apply(page.events.filter((event) => event.position > position))
    moveTo({ epoch: page.epoch, position: Math.max(position, page.scanned_to) })
    await o.onPolled?.()
    if (page.scanned_to < page.head) return true
    currentAsOfMs = Math.max(currentAsOfMs, asked.atMs)
    wasCurrent = true
    if (silence.isSuspect(page.head, asked.atMs)) tail?.rebuild('silent')
    return false
  }
  /** One question and its answer; whether there is more to fetch. The tail goes on applying while the question is under way. */
  const pollOnce = async (): Promise<boolean> => {
    const asked = { ...(await inTurn(stand)), atMs: o.clock.monotonicMs() }
    try {
      const page = await o.client.changes({ after: asked.position, epoch: asked.epoch, limit: pageLimit })
      return await inTurn(() => take(asked, page))
    } catch (error) {
      if (!isAppError(error, 'gone')) throw error
      await inTurn(() => reload('behind retention'))
      return true
    }
  }
  const poll = shareFlights(async () => {
    while (!stopped && (await pollOnce()));
    failing = false
  })
  const pollSoon = () => void poll().catch(complain)

  return {
    start: () => {
      stopped = false
      tail = openTail({
        name: o.name,
        producer: o.producer,
        nats: o.nats,
        log,
        onEvent: onTailEvent,
        onOpen: () => {
          silence.opened(o.clock.monotonicMs())
          pollSoon()
        },
      })
      timer = setInterval(pollSoon, o.pollMs ?? defaultPollMs)
      pollSoon()
    },
    stop: async () => {
      stopped = true
      clearInterval(timer)
      for (const waiter of waiters) waiter.settle(false)
      tail?.stop()
      // A poll under way ends first; one that begins now sees that we have stopped.
      await poll().catch(() => {})
      await lastStep
    },
    ready: () => wasCurrent,
    isCurrent: (maxAgeMs = defaultMaxAgeMs) => o.clock.monotonicMs() - currentAsOfMs <= maxAgeMs,
    requireCurrent: () => {
      if (o.clock.monotonicMs() - currentAsOfMs > defaultMaxAgeMs) throw notCurrent(o.name)
    },
    pollNow: async () => {
      await poll().catch((error: unknown) => {
        complain(error)
        throw notCurrent(o.name, error)
      })
    },
    waitFor: (position, timeoutMs) => {
      if (place !== undefined && place.position >= position) return Promise.resolve(true)
      pollSoon()
      return new Promise((resolve) => {
        const waiter = { position, settle: (arrived: boolean) => (clearTimeout(limit), waiters.delete(waiter), resolve(arrived)) }
        const limit = setTimeout(() => waiter.settle(false), timeoutMs)
        waiters.add(waiter)
      })
    },
    position: () => place?.position ?? 0,
    epoch: () => place?.epoch,
  }
}

const notCurrent = (name: string, cause?: unknown) =>
  problem('not_current', { internal: `${name} is not current`, retryAfterSeconds: 1, ...(cause === undefined ? {} : { cause }) })

/** A tail that has not delivered, a whole second later, what the poll has seen is not to be trusted. */
function watchSilence() {
  let heardUpTo = 0
  let openedAtMs = Infinity
  let seen: { head: number; atMs: number } | undefined
  let trustAtMs = 0
  let doubtMs = 1000
  return {
    heard: (position: number) => {
      heardUpTo = Math.max(heardUpTo, position)
      doubtMs = 1000
    },
    opened: (atMs: number) => {
      openedAtMs = atMs
      seen = undefined
      heardUpTo = 0
    },
    isSuspect: (head: number, atMs: number): boolean => {
      const before = seen
      if (before === undefined || heardUpTo >= before.head) {
        // The first head after opening is the base line: the tail owes only what comes after it.
        if (before === undefined) heardUpTo = Math.max(heardUpTo, head)
        seen = { head, atMs }
        return false
      }
      if (atMs - before.atMs < doubtMs || atMs < trustAtMs || atMs < openedAtMs) return false
      seen = undefined
      // A relay that stands still would make every tail look silent: doubt it less and less often.
      doubtMs = Math.min(doubtMs * 2, 30_000)
      trustAtMs = atMs + doubtMs
      return true
    },
  }
}
