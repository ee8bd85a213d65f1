/**
 * Revokes an API key. 204 is the acknowledgement: the gateway has been told, and refuses the key and every token it was
 * exchanged for.
 */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/permissions.ts'
import { claimApiKeyRevocation, findApiKey } from '../../store/api-keys.ts'
import { findServiceAccount } from '../../store/service-accounts.ts'
import { announceApiKeyRevoked } from './announce-service-account.ts'
import { requirePermission } from './require-permission.ts'

/** One that was revoked before is as the caller wants it. @throws AppError `forbidden`, `not_found` */
export async function revokeApiKey(
  deps: Pick<Deps, 'spine' | 'clients'>,
  caller: OrgCaller,
  which: { id: string; serviceAccountId: string },
): Promise<void> {
  await requirePermission(deps, caller, permissions.writeServiceAccounts)
  const isThere = await deps.spine.write(
    { orgId: caller.orgId },
    async (tx) => {
      if ((await findServiceAccount(tx, which.serviceAccountId)) === undefined) return false
      const key = await claimApiKeyRevocation(tx, which)
      if (key === undefined) return (await findApiKey(tx, which)) !== undefined
      await announceApiKeyRevoked(tx, key, actorOf(caller))
      return true
    },
    { announce: 'await' },
  )
  if (!isThere) throw problem('not_found')
}
