/**
 * Following one producer with a proof of freshness. Events arrive fast by the tail and surely by the poll; both end in
 * the same place, where each position is applied once and in order. The follower is current as of the moment it asked
 * (its own monotonic clock) once it has applied up to the head it was told. What it applies to (memory, a database) is
 * its owner's.
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { isAppError, problem } from '@gatehouse/service-kit/errors/app-error'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import { describeFailure } from '@gatehouse/service-kit/postgres/errors'
import { createFreshness, createPlaceKeeper, type PlaceKeeper } from './follower-state.ts'
import { createSteps, type FollowerSteps } from './follower-steps.ts'
import { watchHead, type HeadListener } from './head-watch.ts'
import { defaultMaxAgeMs, type FollowerOptions, type Reader } from './following.ts'
import { coalesce } from '@gatehouse/service-kit/concurrency/coalesce'
import { createStallDetector } from '../nats/stall-detector.ts'
import type { Subscription } from '../nats/subscription.ts'
import { openTail } from '../nats/tail.ts'

const pageLimit = 500

export function createFollower(o: FollowerOptions): Reader {
  const log = o.log.child({ reader: o.name, producer: o.producer })
  const keeper = createPlaceKeeper()
  const freshness = createFreshness(o.clock)
  const engine = createEngine({ ...o, log }, keeper, createSteps({ ...o, log }, keeper, freshness))
  return {
    start: engine.start,
    stop: engine.stop,
    ready: freshness.wasProven,
    isCurrent: (maxAgeMs = defaultMaxAgeMs) => freshness.isWithin(maxAgeMs),
    requireFresh: (nowMs) => {
      if (!freshness.isWithin(defaultMaxAgeMs, nowMs)) throw notCurrent(o.name)
    },
    pollNow: async () => {
      await engine.poll().catch((error: unknown) => {
        throw notCurrent(o.name, error)
      })
    },
    waitFor: (position, timeoutMs) => {
      if ((keeper.current()?.position ?? -1) >= position) return Promise.resolve(true)
      void engine.poll().catch(() => {})
      return keeper.waiters.wait(position, timeoutMs)
    },
    position: () => keeper.current()?.position ?? 0,
    epoch: () => keeper.current()?.epoch,
  }
}

/** Tail, poll and the order between them. */
function createEngine(o: FollowerOptions, keeper: PlaceKeeper, steps: FollowerSteps) {
  const stalls = createStallDetector()
  const inTurn = takeTurns()
  const complain = complainOnce(o.log)
  let tail: Subscription | undefined
  let stopWatching = () => {}
  const doubtSilence = (atMs: number) => {
    if (stalls.isSuspect(keeper.newest(), atMs)) tail?.rebuild('silent')
  }
  const parts = { steps, inTurn, complain, doubtSilence }
  const poller = createPoller(o, parts)

  const onEvent = (event: EventEnvelope) => {
    stalls.heard(event.position)
    const place = keeper.current()
    if (place === undefined || poller.isStopped()) return
    if (event.epoch !== place.epoch) return poller.pollSoon()
    if (event.position <= place.position) return
    keeper.hold(event)
    // What is still held afterwards waits for a gap: the poll fills it. After a failure the poll finds out where we
    // stand.
    void inTurn(steps.applyHeld).then(
      () => {
        if (keeper.isHoldingMore()) poller.pollSoon()
      },
      (error: unknown) => complain.about(error),
    )
  }
  const onOpen = () => {
    stalls.opened()
    poller.pollSoon()
  }
  return {
    poll: poller.poll,
    start: () => {
      tail = openTail({ ...o, onEvent, onOpen })
      stopWatching = watchHead(o.client, o.pollMs, createHeadListener(o, { keeper, ...parts, poller }))
      poller.pollSoon()
    },
    stop: async () => {
      stopWatching()
      keeper.waiters.giveUp()
      tail?.stop()
      await poller.stop()
      await inTurn(async () => {})
    },
  }
}

type PollerParts = {
  steps: FollowerSteps
  inTurn: <T>(step: () => Promise<T>) => Promise<T>
  complain: ReturnType<typeof complainOnce>
  /** To be asked after each answer that left nothing to fetch. */
  doubtSilence(atMs: number): void
}

/**
 * What is done with the head that everybody in this process asks for: a follower that is there needs no poll of its
 * own.
 */
function createHeadListener(
  o: FollowerOptions,
  parts: PollerParts & { keeper: PlaceKeeper; poller: ReturnType<typeof createPoller> },
): HeadListener {
  const { keeper, poller, steps, inTurn, complain, doubtSilence } = parts
  let asked: { position: number | undefined; atMs: number } = { position: undefined, atMs: -Infinity }
  return {
    asking: () => {
      asked = { position: keeper.current()?.position, atMs: o.clock.monotonicMs() }
    },
    answered: (answer) => {
      const { atMs, position = Infinity } = asked
      // Nothing stood behind it, or a head that fell: the poll finds out what to do.
      if (answer.head < position) return poller.pollSoon()
      void inTurn(() => steps.prove(answer, atMs)).then(
        (isThere) => {
          if (!isThere) return poller.pollSoon()
          complain.cease()
          doubtSilence(atMs)
        },
        (error: unknown) => complain.about(error),
      )
    },
    failed: complain.about,
  }
}

/** `poll` shares its runs and logs the first failure of a row. */
function createPoller(o: FollowerOptions, { steps, inTurn, complain, doubtSilence }: PollerParts) {
  let stopped = false
  /**
   * One question and its answer; whether there is more to fetch. The tail goes on applying while the question is under
   * way.
   */
  const pollOnce = async (): Promise<boolean> => {
    const asked = { ...(await inTurn(steps.stand)), atMs: o.clock.monotonicMs() }
    try {
      const { position: after, epoch } = asked
      const page = await o.client.changes({
        ...{ after, epoch, limit: pageLimit },
        ...(o.subjects === undefined ? {} : { subjects: o.subjects }),
      })
      const isMore = await inTurn(() => steps.take(asked, page))
      if (!isMore) doubtSilence(asked.atMs)
      return isMore
    } catch (error) {
      if (!isAppError(error, 'gone')) throw error
      await inTurn(() => steps.reload('behind retention'))
      return true
    }
  }
  const poll = coalesce(async () => {
    try {
      while (!stopped && (await pollOnce()));
      complain.cease()
    } catch (error) {
      if (!stopped) complain.about(error)
      throw error
    }
  })
  return {
    poll,
    pollSoon: () => void poll().catch(() => {}),
    isStopped: () => stopped,
    /** A poll under way ends first; one that begins now sees that we have stopped. */
    stop: async () => {
      stopped = true
      await poll().catch(() => {})
    },
  }
}

/** One step after another, whether the one before succeeded or not. */
function takeTurns() {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(step: () => Promise<T>): Promise<T> => {
    const turn = last.then(step, step)
    last = turn.catch(() => {})
    return turn
  }
}

/** The first failure of a row is worth a line, the others are the same one. */
function complainOnce(log: Logger) {
  let isFailing = false
  return {
    about: (error: unknown) => {
      if (!isFailing) log.warn({ reason: describeFailure(error) }, 'following fails; it goes on trying')
      isFailing = true
    },
    cease: () => {
      isFailing = false
    },
  }
}

const notCurrent = (name: string, cause?: unknown) =>
  problem('not_current', {
    internal: `${name} is not current`,
    retryAfterSeconds: 1,
    ...(cause === undefined ? {} : { cause }),
  })
