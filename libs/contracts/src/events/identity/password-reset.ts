/** Forgotten passwords. */
import Type, { type Static } from 'typebox'
import { PasswordResetId, UserId } from '../../common/ids.ts'
import type { EventContract } from '../envelope.ts'

/** A mail with a link that sets a new password is due. The link's secret is minted when the mail is sent. */
export const PasswordResetRequested = {
  type: 'gatehouse.identity.password_reset.requested.v1',
  data: Type.Object({
    reset_id: PasswordResetId,
    user_id: UserId,
  }),
} as const

export type PasswordResetRequested = Static<typeof PasswordResetRequested.data>

export const passwordResetEvents: readonly EventContract[] = [PasswordResetRequested]
