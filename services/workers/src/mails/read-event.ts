/**
 * Typed access to an event's data: what does not match its contract is refused, and so ends as a dead letter people can
 * see.
 */
import type { EventContract, EventEnvelope, EventOf } from '@gatehouse/contracts/events/envelope'
import { Check } from 'typebox/value'

/** @throws Error when the event is of another type or its data does not match. */
export function readEvent<C extends EventContract>(contract: C, event: EventEnvelope): EventOf<C> {
  if (event.type !== contract.type || !Check(contract.data, event.data))
    throw new Error(`event ${event.id} is not a ${contract.type}`)
  return event as EventOf<C>
}
