/** People: who registered, who was proven, who may no longer sign in. */
import Type, { type Static } from 'typebox'
import { AddressChangeId, SessionId, UserId } from '../../common/ids.ts'
import { Instant, Reason } from '../../common/scalars.ts'
import type { EventContract } from '../envelope.ts'

/** A person has an account. Verified at once only when an invitation or the operator vouched for the address. */
export const UserRegistered = {
  type: 'gatehouse.identity.user.registered.v1',
  data: Type.Object({
    user_id: UserId,
    email_verified: Type.Boolean(),
    /** How the account came to be. */
    via: Type.Union([
      Type.Literal('registration'),
      Type.Literal('invitation'),
      Type.Literal('bootstrap'),
      Type.Literal('import'),
    ]),
    /** Of the operator who imported the person. */
    reason: Type.Optional(Reason),
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

/**
 * The person has a new password. Sessions that began with an older version of the person end, but for the one that
 * changed it. After a reset every access token below `min_uv` is void as well: whoever holds one may be whom the reset
 * is meant to lock out.
 */
export const UserPasswordChanged = {
  type: 'gatehouse.identity.user.password_changed.v1',
  data: Type.Object({
    user_id: UserId,
    via: Type.Union([Type.Literal('reset'), Type.Literal('change')]),
    ends_sessions_below: Type.Integer(),
    kept_session_id: Type.Optional(SessionId),
    min_uv: Type.Optional(Type.Integer()),
  }),
} as const

export type UserPasswordChanged = Static<typeof UserPasswordChanged.data>

/**
 * The person has another address: a new one they have proven, or the old one again, taken back from whoever changed it.
 * The latter ends every session that began with an older version of the person.
 */
export const UserEmailChanged = {
  type: 'gatehouse.identity.user.email_changed.v1',
  data: Type.Object({
    user_id: UserId,
    change_id: AddressChangeId,
    via: Type.Union([Type.Literal('confirmation'), Type.Literal('undoing')]),
    ends_sessions_below: Type.Optional(Type.Integer()),
    min_uv: Type.Optional(Type.Integer()),
  }),
} as const

export type UserEmailChanged = Static<typeof UserEmailChanged.data>

/** The account may not be used; every access token below the floor is void. */
export const UserDisabled = {
  type: 'gatehouse.identity.user.disabled.v1',
  data: Type.Object({
    user_id: UserId,
    min_uv: Type.Integer(),
    reason: Type.Optional(Reason),
  }),
} as const

export type UserDisabled = Static<typeof UserDisabled.data>

/** The account may be used again; what ended when it was disabled stays ended. */
export const UserEnabled = {
  type: 'gatehouse.identity.user.enabled.v1',
  data: Type.Object({ user_id: UserId, reason: Reason }),
} as const

export type UserEnabled = Static<typeof UserEnabled.data>

/** An operator ended all of the person's sessions; every access token below the floor is void. */
export const UserSignedOut = {
  type: 'gatehouse.identity.user.signed_out.v1',
  data: Type.Object({ user_id: UserId, min_uv: Type.Integer(), reason: Reason }),
} as const

export type UserSignedOut = Static<typeof UserSignedOut.data>

/** An operator had a mail sent to the person. The mail itself has an event of its own. */
export const UserMailResent = {
  type: 'gatehouse.identity.user.mail_resent.v1',
  data: Type.Object({
    user_id: UserId,
    mail: Type.Union([Type.Literal('email_verification'), Type.Literal('password_reset')]),
    reason: Reason,
  }),
} as const

export type UserMailResent = Static<typeof UserMailResent.data>

/** The account is gone: nobody ever proved its address. It never had a session. */
export const UserDeleted = {
  type: 'gatehouse.identity.user.deleted.v1',
  data: Type.Object({
    user_id: UserId,
  }),
} as const

export type UserDeleted = Static<typeof UserDeleted.data>

/** The person wants to be erased; until `due_at` they can change their mind. */
export const UserDeletionRequested = {
  type: 'gatehouse.identity.user.deletion_requested.v1',
  data: Type.Object({ user_id: UserId, due_at: Instant }),
} as const

export type UserDeletionRequested = Static<typeof UserDeletionRequested.data>

/** The person stays after all. */
export const UserDeletionUndone = {
  type: 'gatehouse.identity.user.deletion_undone.v1',
  data: Type.Object({ user_id: UserId }),
} as const

export type UserDeletionUndone = Static<typeof UserDeletionUndone.data>

/**
 * The person was erased (GDPR article 17): name, address, credentials and factors are gone, and every access token is
 * void. Each service that keeps personal data of this person deletes its own share when it reads this event.
 */
export const UserErased = {
  type: 'gatehouse.identity.user.erased.v1',
  data: Type.Object({
    user_id: UserId,
    min_uv: Type.Integer(),
    /** Who wanted it: the person, whose grace is over, or an operator. */
    via: Type.Union([Type.Literal('request'), Type.Literal('operator')]),
    reason: Type.Optional(Reason),
  }),
} as const

export type UserErased = Static<typeof UserErased.data>

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
  UserPasswordChanged,
  UserEmailChanged,
  UserDisabled,
  UserEnabled,
  UserSignedOut,
  UserMailResent,
  UserDeleted,
  UserDeletionRequested,
  UserDeletionUndone,
  UserErased,
  PlatformAdminBootstrapped,
]
