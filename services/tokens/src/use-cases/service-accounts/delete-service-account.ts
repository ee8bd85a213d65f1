/**
 * Deletes a service account. Its access tokens are void and its keys open nothing; authz takes its roles when it hears
 * of it.
 */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf } from '@gatehouse/access/callers/caller'
import { claimServiceAccountDeletion, deleteUsesOf } from '../../store/service-accounts.ts'
import { ownerOf, type OwnerScope, writeAsOwner } from '../owner-scope.ts'
import { type AccountDeps, requireAccounts } from './account-scope.ts'
import { announceServiceAccountDeleted } from './announce-service-account.ts'

/** @throws AppError `forbidden`, `not_found` */
export async function deleteServiceAccount(
  deps: AccountDeps,
  scope: OwnerScope,
  { id, reason }: { id: string; reason?: string },
): Promise<void> {
  await requireAccounts(deps, scope, 'write')
  const deleted = await writeAsOwner(
    deps,
    scope,
    async (tx) => {
      const account = await claimServiceAccountDeletion(tx, { id, ...ownerOf(scope) })
      if (account === undefined) return undefined
      if (scope.kind === 'platform') await deleteUsesOf(tx, id)
      await announceServiceAccountDeleted(tx, account, { actor: actorOf(scope.caller), reason })
      return account
    },
    { announce: 'await' },
  )
  if (deleted === undefined) throw problem('not_found')
}
