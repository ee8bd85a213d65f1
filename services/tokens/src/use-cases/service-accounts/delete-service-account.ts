/**
 * Deletes a service account. Its access tokens are void and its keys open nothing; authz takes its roles when it hears
 * of it.
 */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/permissions.ts'
import { claimServiceAccountDeletion } from '../../store/service-accounts.ts'
import { announceServiceAccountDeleted } from './announce-service-account.ts'
import { requirePermission } from './require-permission.ts'

/** @throws AppError `forbidden`, `not_found` */
export async function deleteServiceAccount(
  deps: Pick<Deps, 'spine' | 'clients'>,
  caller: OrgCaller,
  id: string,
): Promise<void> {
  await requirePermission(deps, caller, permissions.writeServiceAccounts)
  const deleted = await deps.spine.write(
    { orgId: caller.orgId },
    async (tx) => {
      const account = await claimServiceAccountDeletion(tx, id)
      if (account) await announceServiceAccountDeleted(tx, account, actorOf(caller))
      return account
    },
    { announce: 'await' },
  )
  if (deleted === undefined) throw problem('not_found')
}
