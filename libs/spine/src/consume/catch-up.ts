/**
 * The sure path of a consumer: walks a producer's changes from a cursor in this service's database, so that what
 * JetStream lost, or never had, is still handled. The cursor passes a page only when each of its events is handled or
 * set aside.
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import type { ConsumerCursor, Cursor } from './consumer-cursor.ts'
import type { Place } from '../follow/following.ts'
import type { SpineClient } from '../follow/spine-client.ts'

export type CatchUp = {
  /**
   * Walks to the head. `elsewhere`: another replica holds the cursor. Throws when the producer or the database does not
   * answer.
   */
  walk(): Promise<'done' | 'elsewhere'>
  /** How far the cursor is known to be: everything before it is settled. */
  passed(): Place | undefined
}

const pageLimit = 200

export function createCatchUp(o: {
  producer: ServiceName
  client: SpineClient
  subjects: readonly string[]
  cursor: ConsumerCursor
  log: Logger
  /** Resolves when every event of the page is handled or set aside. */
  settle(events: EventEnvelope[]): Promise<void>
}): CatchUp {
  let passed: Place | undefined
  const note = ({ epoch, position }: Cursor) => {
    if (epoch !== null) passed = { epoch, position }
  }
  const moveTo = async (place: Place): Promise<boolean> => {
    const isOurs = await o.cursor.moveTo(place)
    if (isOurs) note(place)
    return isOurs
  }
  /** One page; `again` when there is more. */
  const step = async ({ epoch, position: after }: Cursor): Promise<'again' | 'done' | 'elsewhere'> => {
    const page = await o.client.changes({
      after,
      limit: pageLimit,
      subjects: o.subjects,
      orOldest: true,
      ...(epoch === null ? {} : { epoch }),
    })
    if (page.epoch !== epoch || page.head < after) {
      // Begun, or restored: from the start of what is kept. Events that were handled before are known by their ids.
      if (epoch !== null)
        o.log.warn({ producer: o.producer }, 'the producer has another history now; walking it from its start')
      return (await moveTo({ epoch: page.epoch, position: 0 })) ? 'again' : 'elsewhere'
    }
    if (page.after > after && after > 0)
      o.log.error(
        { producer: o.producer, from: after + 1, to: page.after },
        'events were lost: they are behind the retention of their producer',
      )
    await o.settle(page.events)
    if (page.scanned_to > after && !(await moveTo({ epoch, position: page.scanned_to }))) return 'elsewhere'
    return page.scanned_to >= page.head ? 'done' : 'again'
  }
  const walk = async (): Promise<'done' | 'elsewhere'> => {
    for (;;) {
      const cursor = await o.cursor.take()
      note(cursor ?? (await o.cursor.read()) ?? { epoch: null, position: 0 })
      if (cursor === undefined) return 'elsewhere'
      const outcome = await step(cursor)
      if (outcome !== 'again') return outcome
    }
  }
  return { walk, passed: () => passed }
}
