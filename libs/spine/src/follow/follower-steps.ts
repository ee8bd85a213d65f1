/**
 * What a follower does with its place: stand, apply what the tail brought, take an answer of the producer, load anew.
 * Steps never overlap.
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import type { ChangesPage } from '@gatehouse/contracts/http/spine/changes'
import type { Freshness, PlaceKeeper } from './follower-state.ts'
import type { FollowerOptions, Place } from './following.ts'
import type { Head } from './head-watch.ts'

/** What was asked, and when by the own monotonic clock. */
export type Asked = Place & { atMs: number }

export type FollowerSteps = {
  stand(): Promise<Place>
  applyHeld(): Promise<void>
  /** Whether there is more to fetch before the follower is current. */
  take(asked: Asked, page: ChangesPage): Promise<boolean>
  /** Whether everything up to that head is applied; then it is current as of `atMs`, the moment of asking. */
  prove(head: Head, atMs: number): Promise<boolean>
  reload(reason: string): Promise<void>
}

export function createSteps(
  o: Pick<FollowerOptions, 'begin' | 'load' | 'apply' | 'onProving' | 'log'>,
  keeper: PlaceKeeper,
  freshness: Freshness,
): FollowerSteps {
  const reload = async (reason: string) => {
    o.log.info({ reason }, 'loading a snapshot')
    freshness.lose()
    keeper.lose()
    keeper.moveTo(await o.load())
  }
  const apply = createApplying(o, keeper)
  const proveOnce = async (atMs: number) => {
    await o.onProving?.()
    freshness.prove(atMs)
  }
  return {
    reload,
    stand: () => stand(o, keeper, reload),
    applyHeld: async () => {
      const place = keeper.current()
      const events = keeper.contiguous()
      const last = events.at(-1)
      if (place === undefined || last === undefined) return
      await apply(events, last.position)
      keeper.moveTo({ epoch: place.epoch, position: last.position })
    },
    take: async (asked, page) => {
      const doubt = doubtOf(asked, page)
      if (doubt) return reload(doubt).then(() => true)
      // The tail may have come further than what was asked for, or a failure may have unsettled the place: then ask
      // again.
      const place = keeper.current()
      if (place === undefined || place.epoch !== asked.epoch) return true
      if (page.scanned_to > place.position) {
        const fresh = page.events.filter((event) => event.position > place.position)
        await apply(fresh, page.scanned_to)
        keeper.moveTo({ epoch: page.epoch, position: page.scanned_to })
      }
      if (page.scanned_to < page.head) return true
      await proveOnce(asked.atMs)
      return false
    },
    prove: async ({ epoch, head }, atMs) => {
      const place = keeper.current()
      if (place === undefined || place.epoch !== epoch || place.position < head) return false
      await proveOnce(atMs)
      return true
    },
  }
}

/** Where the owner stands, which is loaded where it has nothing yet. */
async function stand(
  o: Pick<FollowerOptions, 'begin'>,
  keeper: PlaceKeeper,
  reload: (reason: string) => Promise<void>,
): Promise<Place> {
  const begun = keeper.current() ?? (await o.begin())
  if (begun === undefined) await reload('nothing loaded yet')
  else if (keeper.current() === undefined) keeper.moveTo(begun)
  return keeper.current() as Place
}

/** The owner's state may be half-way or behind after a failure: where it stands is asked again. */
function createApplying(o: Pick<FollowerOptions, 'apply'>, keeper: PlaceKeeper) {
  return async (events: EventEnvelope[], upTo: number): Promise<void> => {
    try {
      await o.apply(events, upTo)
      keeper.note(events)
    } catch (error) {
      keeper.lose()
      throw error
    }
  }
}

/** Why what was applied cannot be continued by this page, if it cannot. */
function doubtOf(asked: Asked, page: ChangesPage): string | undefined {
  if (page.epoch !== asked.epoch) return 'another epoch'
  return page.head < asked.position ? 'the head is below what was applied' : undefined
}
