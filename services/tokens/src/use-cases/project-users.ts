/**
 * Takes in what identity says about people. Sessions that a disabled account or a new password ends are over in the
 * same transaction that learns of it.
 */
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
import { deleteConsentsOf } from '../store/oauth-consents.ts'
import { deleteUserStates, listUsersWithEndedSessions, upsertUserState } from '../store/projections.ts'
import { closeOtherSessions } from '../store/session-ends.ts'
import { forgetWhere, renewUserVersion } from '../store/sessions.ts'
import { reportKeysOfLeaver } from './service-accounts/report-keys-of-leaver.ts'
import { announceSessionEnd } from './sessions/announce-session-end.ts'

/** What identity's snapshot says of a person; more than we need is ignored. */
const UserRecord = Type.Object({
  kind: Type.Literal('user'),
  id: Type.String(),
  version: Type.Integer(),
  status: Type.String(),
  sessions_min_version: Type.Optional(Type.Integer()),
})

export async function applyUserEvent(tx: Tx, event: EventEnvelope): Promise<void> {
  const { subject: id, version } = event
  switch (event.type) {
    case UserRegistered.type:
      return await upsertUserState(tx, { id, version, status: 'active' })
    case UserUpdated.type:
    case UserEmailVerified.type:
    case UserMailResent.type:
    case UserDeletionRequested.type:
    case UserDeletionUndone.type:
      return await upsertUserState(tx, { id, version })
    case UserPasswordChanged.type:
      return await endEarlierSessions(tx, id, Value.Parse(UserPasswordChanged.data, event.data))
    case UserEmailChanged.type: {
      const { ends_sessions_below: floor } = Value.Parse(UserEmailChanged.data, event.data)
      await upsertUserState(tx, { id, version, ...(floor !== undefined && { sessionsMinVersion: floor }) })
      if (floor !== undefined) await endSessions(tx, { userId: id, belowUserVersion: floor, reason: 'revoked' })
      return
    }
    case UserEnabled.type:
      return await upsertUserState(tx, { id, version, status: 'active' })
    case UserSignedOut.type:
      await upsertUserState(tx, { id, version, sessionsMinVersion: version })
      return await endSessions(tx, { userId: id, belowUserVersion: version, reason: 'revoked' })
    case UserErased.type:
      await shutOut(tx, { id, version })
      await forgetWhere(tx, id)
      return await deleteConsentsOf(tx, id)
    case UserDisabled.type:
    case UserDeleted.type:
      return await shutOut(tx, { id, version })
    default:
      return
  }
}

async function shutOut(tx: Tx, { id, version }: { id: string; version: number }): Promise<void> {
  await upsertUserState(tx, { id, version, status: 'disabled', sessionsMinVersion: version })
  await endSessions(tx, { userId: id, belowUserVersion: version, reason: 'user_disabled' })
  // What the person made for organizations is those organizations' to hear of, once the memberships end.
  await reportKeysOfLeaver(tx, { userId: id, orgId: null })
}

/** Begins anew from a snapshot: everything known is replaced, and sessions a lost event should have ended end now. */
export async function resetUsers(tx: Tx, records: AsyncIterable<object>): Promise<void> {
  await deleteUserStates(tx)
  for await (const record of records) {
    if (!Value.Check(UserRecord, record)) continue
    await upsertUserState(tx, {
      id: record.id,
      version: record.version,
      status: record.status === 'active' ? 'active' : 'disabled',
      sessionsMinVersion: record.sessions_min_version ?? 0,
    })
  }
  for (const { id, status, sessionsMinVersion } of await listUsersWithEndedSessions(tx))
    await endSessions(
      tx,
      status === 'disabled'
        ? { userId: id, reason: 'user_disabled' }
        : { userId: id, belowUserVersion: sessionsMinVersion, reason: 'password_changed' },
    )
}

/**
 * The session that changed the password counts as one of the new version, so nothing that comes later takes it for an
 * older one.
 */
async function endEarlierSessions(tx: Tx, userId: string, data: UserPasswordChanged): Promise<void> {
  const { ends_sessions_below: floor, kept_session_id: keptId } = data
  await upsertUserState(tx, { id: userId, version: floor, sessionsMinVersion: floor })
  if (keptId !== undefined) await renewUserVersion(tx, { id: keptId, userId, userVersion: floor })
  await endSessions(tx, { userId, belowUserVersion: floor, reason: 'password_changed' })
}

type Ending = { userId: string; belowUserVersion?: number; reason: 'user_disabled' | 'password_changed' | 'revoked' }

async function endSessions(tx: Tx, { reason, ...which }: Ending): Promise<void> {
  const ended = await closeOtherSessions(tx, { ...which, exceptId: undefined, reason })
  for (const session of ended) await announceSessionEnd(tx, { session, reason, actor: 'service:identity' })
}
