/** People: who registered, who was proven, who may no longer sign in. */
import Type, { type Static } from 'typebox'
import { UserId } from '../../common/ids.ts'
import type { EventContract } from '../envelope.ts'

/** A person has an account. Verified at once only when an invitation or the operator vouched for the address. */
export const UserRegistered = {
  type: 'gatehouse.identity.user.registered.v1',
  data: Type.Object({
    user_id: UserId,
    email_verified: Type.Boolean(),
    /** How the account came to be. */
    via: Type.Union([Type.Literal('registration'), Type.Literal('invitation'), Type.Literal('bootstrap')]),
  }),
} as const

export type UserRegistered = Static<typeof UserRegistered.data>

/** The person changed their profile; names of the changed fields, never their values. */
export const UserUpdated = {
  type: 'gatehouse.identity.user.updated.v1',
  data: Type.Object({
    user_id: UserId,
    changed: Type.Array(Type.String()),
  }),
} as const

export type UserUpdated = Static<typeof UserUpdated.data>

/** The person has shown that the address is theirs. */
export const UserEmailVerified = {
  type: 'gatehouse.identity.user.email_verified.v1',
  data: Type.Object({
    user_id: UserId,
  }),
} as const

export type UserEmailVerified = Static<typeof UserEmailVerified.data>

/** The account may not be used; every access token below the floor is void. */
export const UserDisabled = {
  type: 'gatehouse.identity.user.disabled.v1',
  data: Type.Object({
    user_id: UserId,
    min_uv: Type.Integer(),
  }),
} as const

export type UserDisabled = Static<typeof UserDisabled.data>

/** The account is gone: nobody ever proved its address. It never had a session. */
export const UserDeleted = {
  type: 'gatehouse.identity.user.deleted.v1',
  data: Type.Object({
    user_id: UserId,
  }),
} as const

export type UserDeleted = Static<typeof UserDeleted.data>

/** The operator's configuration named the first platform administrator. */
export const PlatformAdminBootstrapped = {
  type: 'gatehouse.identity.platform_admin.bootstrapped.v1',
  data: Type.Object({
    user_id: UserId,
  }),
} as const

export type PlatformAdminBootstrapped = Static<typeof PlatformAdminBootstrapped.data>

export const userEvents: readonly EventContract[] = [
  UserRegistered,
  UserUpdated,
  UserEmailVerified,
  UserDisabled,
  UserDeleted,
  PlatformAdminBootstrapped,
]
