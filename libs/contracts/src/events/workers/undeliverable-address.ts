/** Addresses that take no mail. The address itself is in no event. */
import Type, { type Static } from 'typebox'
import { UndeliverableAddressId, UserId } from '../../common/ids.ts'
import type { EventContract } from '../envelope.ts'

const about = { undeliverable_address_id: UndeliverableAddressId, user_id: Type.Optional(UserId) }

/** The mail server of an address refused it for good: only mails that its owner asks for are tried from here on. */
export const UndeliverableAddressRecorded = {
  type: 'gatehouse.workers.undeliverable_address.recorded.v1',
  data: Type.Object({ ...about, mail: Type.String(), reason: Type.String() }),
} as const

export type UndeliverableAddressRecorded = Static<typeof UndeliverableAddressRecorded.data>

/** The address took a mail, or an operator lets mails go there again. */
export const UndeliverableAddressCleared = {
  type: 'gatehouse.workers.undeliverable_address.cleared.v1',
  data: Type.Object(about),
} as const

export const undeliverableAddressEvents: readonly EventContract[] = [
  UndeliverableAddressRecorded,
  UndeliverableAddressCleared,
]
