/**
 * A person's own passkeys: listed, named, removed. Removing the last second factor takes the recovery codes with it;
 * the last way to sign in stays.
 */
import { actorOf, type UserCaller } from '@gatehouse/access/callers/caller'
import type { Passkey as PasskeyView } from '@gatehouse/contracts/http/identity/passkeys'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Deps } from '../../deps.ts'
import { lockPerson } from '../../store/factors.ts'
import { deletePasskey, listPasskeys, renamePasskey } from '../../store/passkeys.ts'
import { announceFactors } from '../factors/announce-factors.ts'
import { settleRemoval } from '../factors/settle-removal.ts'
import { requireRecentSignIn } from '../require-recent-sign-in.ts'
import { passkeyViewOf } from './passkey-view.ts'

export async function listMyPasskeys(
  { system }: Pick<Deps, 'system'>,
  { userId }: UserCaller,
): Promise<{ data: PasskeyView[] }> {
  return { data: (await listPasskeys(system, userId)).map(passkeyViewOf) }
}

/** @throws AppError `not_found` */
export async function renameMyPasskey(
  { system }: Pick<Deps, 'system'>,
  { userId }: UserCaller,
  { id, name }: { id: string; name: string },
): Promise<PasskeyView> {
  const passkey = await renamePasskey(system, { userId, id, name })
  if (passkey === undefined) throw problem('not_found')
  return passkeyViewOf(passkey)
}

/** @throws AppError `insufficient_user_authentication`, `not_found`, `last_way_in` */
export async function removePasskey(
  deps: Pick<Deps, 'spine' | 'clock' | 'settings'>,
  caller: UserCaller,
  id: string,
): Promise<void> {
  const { userId } = caller
  requireRecentSignIn(deps, caller, { strong: true })
  const outcome = await deps.spine.write(
    {},
    async (tx) => {
      await lockPerson(tx, userId)
      const removed = await deletePasskey(tx, { userId, id })
      if (removed !== 'deleted') return removed
      await settleRemoval(tx, userId)
      await announceFactors(tx, { userId, actor: actorOf(caller), change: 'passkey_removed' })
      return removed
    },
    { db: 'system' },
  )
  if (outcome !== 'deleted') throw problem(outcome)
}
