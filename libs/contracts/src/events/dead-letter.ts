/** What operators do with what a service set aside. Every service that reads events announces it under its own name. */
import Type from 'typebox'
import type { ServiceName } from '../common/services.ts'
import { DeadLetterId, DeadLetterKind } from '../http/spine/dead-letters.ts'
import type { EventContract } from './envelope.ts'

const letter = {
  dead_letter_id: DeadLetterId,
  kind: DeadLetterKind,
  reader: Type.String(),
  event_id: Type.String(),
}

const Replayed = Type.Object(letter)
const Discarded = Type.Object({ ...letter, reason: Type.String() })

/** A dead letter was handled after all, or its job is due again. */
export const deadLetterReplayed = (service: ServiceName) =>
  ({ type: `gatehouse.${service}.dead_letter.replayed.v1`, data: Replayed }) as const

/** A dead letter was given up by an operator, for a reason. */
export const deadLetterDiscarded = (service: ServiceName) =>
  ({ type: `gatehouse.${service}.dead_letter.discarded.v1`, data: Discarded }) as const

const readers: readonly ServiceName[] = ['identity', 'tokens', 'orgs', 'authz', 'workers']

export const deadLetterEvents: readonly EventContract[] = readers.flatMap((service) => [
  deadLetterReplayed(service),
  deadLetterDiscarded(service),
])
