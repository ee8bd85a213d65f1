/**
 * What follows from any new password, in one transaction: links and sign-ins that could get past it are over, and the
 * new version that ends the person's earlier sessions is announced. Limits and second factors stay as they are, and no
 * session begins.
 */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import { UserPasswordChanged } from '@gatehouse/contracts/events/identity/user'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import { claimNewPassword } from '../../store/accounts.ts'
import { deleteOpenChange } from '../../store/address-changes.ts'
import { deleteResetsOf } from '../../store/password-resets.ts'
import { deleteRememberedDevices } from '../../store/remembered-devices.ts'
import { endOpenSignIns } from '../../store/sign-in-transactions.ts'
import { raiseFloors } from '../../store/users.ts'

type Replacement = {
  userId: string
  phc: string
  actor: Actor
  /** `from`: when the password it replaces was set; the session goes on. */
  by: { kind: 'reset' } | { kind: 'change'; from: string; sessionId: string }
}

/** When the password was replaced; undefined, with nothing written, when the one it replaces is gone. */
export async function replacePassword(tx: Tx, { userId, phc, actor, by }: Replacement): Promise<string | undefined> {
  const isReset = by.kind === 'reset'
  // The row of the person first, as the use of a link does: two new passwords take turns and never wait in a circle.
  const version = await raiseFloors(tx, { userId, voidsTokens: isReset })
  const changedAt = await claimNewPassword(tx, { userId, phc, from: isReset ? undefined : by.from })
  if (version === undefined || changedAt === undefined) return undefined
  await deleteResetsOf(tx, userId)
  await deleteOpenChange(tx, userId)
  await endOpenSignIns(tx, userId)
  await deleteRememberedDevices(tx, userId)
  await appendEvent(tx, {
    contract: UserPasswordChanged,
    aggregateType: 'user',
    aggregateId: userId,
    version,
    userId,
    actor,
    data: {
      user_id: userId,
      via: by.kind,
      ends_sessions_below: version,
      ...(isReset ? { min_uv: version } : { kept_session_id: by.sessionId }),
    },
  })
  return changedAt
}
