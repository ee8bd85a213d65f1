/** A person's wish for another address. */
import Type, { type Static } from 'typebox'
import { AddressChangeId, UserId } from '../../common/ids.ts'
import type { EventContract } from '../envelope.ts'

/** A mail that proves the new address is due. The link's secret is minted when the mail is sent. */
export const AddressChangeRequested = {
  type: 'gatehouse.identity.address_change.requested.v1',
  data: Type.Object({ change_id: AddressChangeId, user_id: UserId }),
} as const

export type AddressChangeRequested = Static<typeof AddressChangeRequested.data>

export const addressChangeEvents: readonly EventContract[] = [AddressChangeRequested]
