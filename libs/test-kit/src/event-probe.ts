/** Looks at what a service announced: its outbox as events, in the order of their positions. */
import type { EventContract, EventEnvelope, EventOf } from '@gatehouse/contracts/events/envelope'
import type { Spine } from '@gatehouse/spine/produce/producer'
import { waitUntil } from './wait-until.ts'

export type EventProbe = {
  /** Everything announced since the probe was made, or only one kind. */
  list(): Promise<EventEnvelope[]>
  listOf<C extends EventContract>(contract: C): Promise<EventOf<C>[]>
  /** The first event of that kind that `matches`, when it has come. */
  waitFor<C extends EventContract>(contract: C, matches?: (event: EventOf<C>) => boolean): Promise<EventOf<C>>
}

export async function createEventProbe(spine: Pick<Spine, 'changes' | 'sequence'>): Promise<EventProbe> {
  const { head: from } = await spine.sequence()
  const list = async () => {
    const events: EventEnvelope[] = []
    for (let after = from; ;) {
      const page = await spine.changes({ after })
      events.push(...page.events)
      after = page.scanned_to
      if (after >= page.head) return events
    }
  }
  const listOf = async <C extends EventContract>(contract: C) =>
    (await list()).filter((event) => event.type === contract.type) as EventOf<C>[]
  return {
    list,
    listOf,
    waitFor: (contract, matches = () => true) =>
      waitUntil(`${contract.type} is announced`, async () => (await listOf(contract)).find(matches)),
  }
}
