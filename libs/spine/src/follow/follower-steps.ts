/** What a follower does with its place: stand, apply what the tail brought, take an answer of the producer, load anew. Steps never overlap. */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import type { ChangesPage } from '@gatehouse/contracts/http/spine/changes'
import type { Freshness, PlaceKeeper } from './follower-state.ts'
import type { FollowerOptions, Place } from './following.ts'

/** What was asked, and when by the own monotonic clock. */
export type Asked = Place & { atMs: number }

export type FollowerSteps = {
  stand(): Promise<Place>
  applyHeld(): Promise<void>
  /** Whether there is more to fetch before the follower is current. */
  take(asked: Asked, page: ChangesPage): Promise<boolean>
  reload(reason: string): Promise<void>
}

export function createSteps(
  o: Pick<FollowerOptions, 'begin' | 'load' | 'apply' | 'onPolled' | 'log'>,
  keeper: PlaceKeeper,
  freshness: Freshness,
): FollowerSteps {
  const reload = async (reason: string) => {
    o.log.info({ reason }, 'loading a snapshot')
    freshness.lose()
    keeper.lose()
    keeper.moveTo(await o.load())
  }
  /** The owner's state may be half-way or behind after a failure: where it stands is asked again. */
  const apply = async (events: EventEnvelope[]) => {
    try {
      if (events.length > 0) await o.apply(events)
    } catch (error) {
      keeper.lose()
      throw error
    }
  }
  return {
    reload,
    stand: async () => {
      const begun = keeper.current() ?? (await o.begin())
      if (begun === undefined) await reload('nothing loaded yet')
      else if (keeper.current() === undefined) keeper.moveTo(begun)
      return keeper.current() as Place
    },
    applyHeld: async () => {
      const place = keeper.current()
      const events = keeper.contiguous()
      const last = events.at(-1)
      if (place === undefined || last === undefined) return
      await apply(events)
      keeper.moveTo({ epoch: place.epoch, position: last.position })
    },
    take: async (asked, page) => {
      const doubt = doubtOf(asked, page)
      if (doubt !== undefined) return reload(doubt).then(() => true)
      // The tail may have come further than what was asked for, or a failure may have unsettled the place: then ask again.
      const place = keeper.current()
      if (place === undefined || place.epoch !== asked.epoch) return true
      await apply(page.events.filter((event) => event.position > place.position))
      keeper.moveTo({ epoch: page.epoch, position: Math.max(place.position, page.scanned_to) })
      await o.onPolled?.()
      const isBehind = page.scanned_to < page.head
      if (!isBehind) freshness.prove(asked.atMs)
      return isBehind
    },
  }
}

/** Why what was applied cannot be continued by this page, if it cannot. */
function doubtOf(asked: Asked, page: ChangesPage): string | undefined {
  if (page.epoch !== asked.epoch) return 'another epoch'
  return page.head < asked.position ? 'the head is below what was applied' : undefined
}
