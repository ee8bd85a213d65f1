/** Attempts to sign in. */
import Type, { type Static } from 'typebox'
import { UserId } from '../../common/ids.ts'
import type { EventContract } from '../envelope.ts'

/** Somebody presented a wrong password for an existing account. */
export const SignInFailed = {
  type: 'gatehouse.identity.sign_in.failed.v1',
  data: Type.Object({
    user_id: UserId,
  }),
} as const

export type SignInFailed = Static<typeof SignInFailed.data>

export const signInEvents: readonly EventContract[] = [SignInFailed]
