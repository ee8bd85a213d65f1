/** All that identity keeps of a person and that can be read, in one document. */
import type { UserCaller } from '@gatehouse/access/callers/caller'
import type { MyData } from '@gatehouse/contracts/http/identity/my-data'
import { readInScope } from '@gatehouse/service-kit/postgres/single-read'
import type { Deps } from '../../deps.ts'
import { findPasswordChange } from '../../store/accounts.ts'
import { listChangesOf } from '../../store/address-changes.ts'
import { findDeletionDue } from '../../store/erasure.ts'
import { listFactors } from '../../store/factors.ts'
import { listPasskeys } from '../../store/passkeys.ts'
import { requireRecentSignIn } from '../require-recent-sign-in.ts'
import { readMe } from './get-me.ts'

const elsewhere = {
  sessions: '/v1/me/sessions',
  organizations: '/v1/me/organizations',
  activity: '/v1/me/activity',
}

const text = (at: Date | null | undefined): string | null => at?.toISOString() ?? null

/** @throws AppError `insufficient_user_authentication`, `not_found` */
export async function exportMyData(
  deps: Pick<Deps, 'db' | 'system' | 'clock' | 'settings'>,
  caller: UserCaller,
): Promise<MyData> {
  const { userId } = caller
  requireRecentSignIn(deps, caller, { strong: false })
  const user = await readInScope(deps.db, { userId }, (tx) => readMe(tx, userId))
  const { totp, recoveryCodesLeft } = await listFactors(deps.system, userId)
  const passkeys = await listPasskeys(deps.system, userId)
  const changes = await listChangesOf(deps.system, userId)
  return {
    exported_at: deps.clock.now().toISOString(),
    user,
    password_changed_at: text(await findPasswordChange(deps.system, userId)),
    authenticator_app: totp
      ? { enrolled_at: totp.enrolledAt.toISOString(), last_used_at: text(totp.lastUsedAt) }
      : null,
    recovery_codes_left: recoveryCodesLeft,
    passkeys: passkeys.map(({ id, name, createdAt, lastUsedAt }) => ({
      id,
      name,
      created_at: createdAt.toISOString(),
      last_used_at: text(lastUsedAt),
    })),
    address_changes: changes.map(({ address, oldAddress, requestedAt, confirmedAt }) => ({
      address,
      old_address: oldAddress,
      requested_at: requestedAt.toISOString(),
      confirmed_at: text(confirmedAt),
    })),
    deletion_due_at: text(await findDeletionDue(deps.system, userId)),
    elsewhere,
  }
}
