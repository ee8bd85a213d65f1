/** Attempts to sign in. */
import Type, { type Static } from 'typebox'
import { UserId } from '../../common/ids.ts'
import type { EventContract } from '../envelope.ts'

/**
 * Somebody presented a wrong password for an existing account, or after the right one a wrong second factor (`step`).
 */
export const SignInFailed = {
  type: 'gatehouse.identity.sign_in.failed.v1',
  data: Type.Object({
    user_id: UserId,
    step: Type.Optional(Type.String()),
  }),
} as const

export type SignInFailed = Static<typeof SignInFailed.data>

const LimitScope = Type.Union([Type.Literal('device'), Type.Literal('pair'), Type.Literal('account')])

/**
 * Wrong passwords for an account have reached a limit: of one network (`pair`), of a known device, or from everywhere
 * (`account`). Announced at most once an hour for each, however long it goes on.
 */
export const SignInLocked = {
  type: 'gatehouse.identity.sign_in.locked.v1',
  /** `step`: it was not passwords but, after the right one, this second factor. */
  data: Type.Object({ user_id: UserId, scope: LimitScope, step: Type.Optional(Type.String()) }),
} as const

export type SignInLocked = Static<typeof SignInLocked.data>

/** Somebody presented the right password while a limit kept it out: the person, or a stranger who has found it. */
export const SignInRefusedWhileLocked = {
  type: 'gatehouse.identity.sign_in.refused_while_locked.v1',
  data: Type.Object({ user_id: UserId, scope: Type.Union([LimitScope, Type.Literal('source')]) }),
} as const

export type SignInRefusedWhileLocked = Static<typeof SignInRefusedWhileLocked.data>

/** One network has presented wrong passwords for many accounts; which network stands in the event's client address. */
export const SignInSourceLimited = {
  type: 'gatehouse.identity.sign_in_source.limited.v1',
  data: Type.Object({}),
} as const

export type SignInSourceLimited = Static<typeof SignInSourceLimited.data>

export const signInEvents: readonly EventContract[] = [
  SignInFailed,
  SignInLocked,
  SignInRefusedWhileLocked,
  SignInSourceLimited,
]
