/**
 * Lets a proven address take effect, or gives the old one back. Whatever is wrong with the secret, and whoever else has
 * the address by now, the answer is the same. An undoing is a person taking their account back: it ends every session,
 * every link, and lets a new password follow.
 */
import { UserDeleted, UserEmailChanged } from '@gatehouse/contracts/events/identity/user'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { isUniqueViolation } from '@gatehouse/service-kit/postgres/errors'
import { hashSecret, isWellFormed } from '@gatehouse/service-kit/secrets/opaque-token'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Deps } from '../../deps.ts'
import { addressPrefix } from '../../domain/secret-prefixes.ts'
import {
  confirmChange,
  lockChangeBySecret,
  removeUnprovenOwner,
  undoChange,
  type LockedChange,
  type Purpose,
} from '../../store/address-changes.ts'
import { findProfile, raiseFloors, raiseVersion } from '../../store/users.ts'
import { deleteResetsOf } from '../../store/password-resets.ts'
import { endOpenSignIns } from '../../store/sign-in-transactions.ts'
import { requestResetMail } from '../passwords/forgot-password.ts'
import { normalizedAddressOf } from '../requested-address.ts'

type SettleDeps = Pick<Deps, 'spine' | 'settings'>

/** @throws AppError `invalid_token` */
export const confirmAddressChange = (deps: SettleDeps, { token }: { token: string }): Promise<void> =>
  settle(deps, { token, purpose: 'confirm', apply: confirm })

/** @throws AppError `invalid_token` */
export const undoAddressChange = (deps: SettleDeps, { token }: { token: string }): Promise<void> =>
  settle(deps, { token, purpose: 'undo', apply: (tx, change) => undo(tx, change, deps.settings) })

type Settling = { token: string; purpose: Purpose; apply(tx: Tx, change: LockedChange): Promise<boolean> }

async function settle({ spine }: SettleDeps, { token, purpose, apply }: Settling): Promise<void> {
  if (!isWellFormed(addressPrefix, token)) throw problem('invalid_token')
  const secretHash = hashSecret(token)
  const isSettled = await spine
    .write(
      {},
      async (tx) => {
        const change = await lockChangeBySecret(tx, { secretHash, purpose })
        if (change === undefined) return false
        await forgetUnprovenOwner(tx, change)
        return apply(tx, change)
      },
      { db: 'system', announce: 'await' },
    )
    .catch((err: unknown) => {
      // Somebody else has proven the address.
      if (isUniqueViolation(err, 'emails_normalized_address')) return false
      throw err
    })
  if (!isSettled) throw problem('invalid_token')
}

async function confirm(tx: Tx, change: LockedChange): Promise<boolean> {
  if (!(await confirmChange(tx, change))) return false
  const { userId } = change
  // Their mails went to the mailbox that is not this person's any more.
  await deleteResetsOf(tx, userId)
  const version = await raiseVersion(tx, userId)
  await announce(tx, change, { version, data: { via: 'confirmation' } })
  return true
}

async function undo(
  tx: Tx,
  change: LockedChange,
  settings: Pick<Deps['settings'], 'resendCooldownSeconds'>,
): Promise<boolean> {
  if (!(await undoChange(tx, change))) return false
  const { userId } = change
  await deleteResetsOf(tx, userId)
  await endOpenSignIns(tx, userId)
  const version = await raiseFloors(tx, { userId, voidsTokens: true })
  const profile = await findProfile(tx, userId)
  if (version === undefined || profile === undefined) throw new Error('A person disappeared while locked')
  await announce(tx, change, { version, data: { via: 'undoing', min_uv: version, ends_sessions_below: version } })
  const normalizedAddress = normalizedAddressOf(profile.address)
  await requestResetMail(tx, { normalizedAddress, cooldownSeconds: settings.resendCooldownSeconds })
  return true
}

type Announced = {
  version: number
  data: { via: 'confirmation' | 'undoing'; min_uv?: number; ends_sessions_below?: number }
}

const announce = (tx: Tx, { id, userId }: LockedChange, { version, data }: Announced): Promise<void> =>
  appendEvent(tx, {
    contract: UserEmailChanged,
    aggregateType: 'user',
    aggregateId: userId,
    version,
    userId,
    actor: `user:${userId}`,
    data: { user_id: userId, change_id: id, ...data },
  })

/** Whoever registered the address and never proved it makes room for who has. */
async function forgetUnprovenOwner(tx: Tx, { id }: LockedChange): Promise<void> {
  const forgotten = await removeUnprovenOwner(tx, id)
  if (forgotten === undefined) return
  const { userId, version } = forgotten
  await appendEvent(tx, {
    contract: UserDeleted,
    aggregateType: 'user',
    aggregateId: userId,
    version: version + 1,
    userId,
    actor: 'system',
    data: { user_id: userId },
  })
}
