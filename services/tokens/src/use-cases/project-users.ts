/** Takes in what identity says about people. A disabled account loses its sessions in the same transaction that learns of it. */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import {
  UserDeleted,
  UserDisabled,
  UserEmailVerified,
  UserRegistered,
  UserUpdated,
} from '@gatehouse/contracts/events/identity/user'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import Type from 'typebox'
import { Value } from 'typebox/value'
import { deleteUserStates, listDisabledUserIds, upsertUserState } from '../store/projections.ts'
import { closeOtherSessions } from '../store/sessions.ts'
import { announceSessionEnd } from './sessions/announce-session-end.ts'

/** What identity's snapshot says of a person; more than we need is ignored. */
const UserRecord = Type.Object({
  kind: Type.Literal('user'),
  id: Type.String(),
  version: Type.Integer(),
  status: Type.String(),
})

export async function applyUserEvent(tx: Tx, event: EventEnvelope): Promise<void> {
  const { subject: id, version } = event
  switch (event.type) {
    case UserRegistered.type:
      return await upsertUserState(tx, { id, version, status: 'active' })
    case UserUpdated.type:
    case UserEmailVerified.type:
      return await upsertUserState(tx, { id, version })
    case UserDisabled.type:
    case UserDeleted.type:
      await upsertUserState(tx, { id, version, status: 'disabled' })
      return await endAllSessions(tx, id)
    default:
      return
  }
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
    })
  }
  for (const id of await listDisabledUserIds(tx)) await endAllSessions(tx, id)
}

async function endAllSessions(tx: Tx, userId: string): Promise<void> {
  const ended = await closeOtherSessions(tx, { userId, exceptId: undefined, reason: 'user_disabled' })
  for (const session of ended)
    await announceSessionEnd(tx, { session, reason: 'user_disabled', actor: 'service:identity' })
}
