/**
 * Revokes an API key. 204 is the acknowledgement: the gateway has been told, and refuses the key and every token it was
 * exchanged for.
 */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf } from '@gatehouse/access/callers/caller'
import { claimApiKeyRevocation, findApiKey } from '../../store/api-keys.ts'
import { findServiceAccount } from '../../store/service-accounts.ts'
import { ownerOf, type OwnerScope, writeAsOwner } from '../owner-scope.ts'
import { type AccountDeps, requireAccounts } from './account-scope.ts'
import { announceApiKeyRevoked } from './announce-service-account.ts'

/** One that was revoked before is as the caller wants it. @throws AppError `forbidden`, `not_found` */
export async function revokeApiKey(
  deps: AccountDeps,
  scope: OwnerScope,
  { reason, ...which }: { id: string; serviceAccountId: string; reason?: string },
): Promise<void> {
  await requireAccounts(deps, scope, 'write')
  const isThere = await writeAsOwner(
    deps,
    scope,
    async (tx) => {
      const account = await findServiceAccount(tx, { id: which.serviceAccountId, ...ownerOf(scope) })
      if (account === undefined) return false
      const key = await claimApiKeyRevocation(tx, which)
      if (key === undefined) return (await findApiKey(tx, which)) !== undefined
      await announceApiKeyRevoked(tx, key, { actor: actorOf(scope.caller), reason })
      return true
    },
    { announce: 'await' },
  )
  if (!isThere) throw problem('not_found')
}
