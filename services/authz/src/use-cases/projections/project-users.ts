/** Takes in what identity says about people. */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import {
  UserDeleted,
  UserDeletionRequested,
  UserDeletionUndone,
  UserDisabled,
  UserEmailChanged,
  UserEnabled,
  UserErased,
  UserMailResent,
  UserSignedOut,
  UserEmailVerified,
  UserPasswordChanged,
  UserRegistered,
  UserUpdated,
} from '@gatehouse/contracts/events/identity/user'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import Type from 'typebox'
import { Value } from 'typebox/value'
import { listActiveUsers, replaceUser, upsertUser } from '../../store/copies.ts'

/** What identity's snapshot says of a person; more than we need is ignored. */
const UserRecord = Type.Object({
  kind: Type.Literal('user'),
  id: Type.String(),
  version: Type.Integer(),
  status: Type.String(),
  email_verified: Type.Boolean(),
})

export async function applyUserEvent(tx: Tx, event: EventEnvelope): Promise<void> {
  const { subject: id, version } = event
  switch (event.type) {
    case UserRegistered.type:
      return await upsertUser(tx, {
        id,
        version,
        emailVerified: Value.Parse(UserRegistered.data, event.data).email_verified,
      })
    case UserEmailVerified.type:
      return await upsertUser(tx, { id, version, emailVerified: true })
    case UserUpdated.type:
    case UserPasswordChanged.type:
    case UserEmailChanged.type:
    case UserSignedOut.type:
    case UserMailResent.type:
    case UserDeletionRequested.type:
    case UserDeletionUndone.type:
      return await upsertUser(tx, { id, version })
    case UserEnabled.type:
      return await upsertUser(tx, { id, version, status: 'active' })
    case UserDisabled.type:
    case UserDeleted.type:
    case UserErased.type:
      return await upsertUser(tx, { id, version, status: 'disabled' })
    default:
      return
  }
}

/** Begins anew from a snapshot: it is believed in everything, and whoever it does not name is gone. */
export async function resetUsers(tx: Tx, records: AsyncIterable<object>): Promise<void> {
  const named = new Set<string>()
  for await (const record of records) {
    if (!Value.Check(UserRecord, record)) continue
    named.add(record.id)
    await replaceUser(tx, {
      id: record.id,
      version: record.version,
      status: record.status === 'active' ? 'active' : 'disabled',
      emailVerified: record.email_verified,
    })
  }
  for (const user of await listActiveUsers(tx)) {
    if (!named.has(user.id))
      await replaceUser(tx, {
        id: user.id,
        version: user.version,
        status: 'disabled',
        emailVerified: user.emailVerified,
      })
  }
}
