/** Signing in with a code that comes by mail. */
import Type, { type Static } from 'typebox'
import { SignInId, UserId } from '../../common/ids.ts'
import type { EventContract } from '../envelope.ts'

/** A mail with a code is due. The code is minted when the mail is sent. */
export const EmailCodeRequested = {
  type: 'gatehouse.identity.email_code.requested.v1',
  data: Type.Object({ sign_in_id: SignInId, user_id: UserId }),
} as const

export type EmailCodeRequested = Static<typeof EmailCodeRequested.data>

export const emailCodeEvents: readonly EventContract[] = [EmailCodeRequested]
