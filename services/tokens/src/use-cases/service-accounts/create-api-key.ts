/**
 * Makes an API key. Whoever holds the key may what its account may, so the maker of a key in an organization must hold
 * those rights: nobody grants what they do not hold. A key of the platform opens one thing, and the permission to make
 * it is the right to that.
 */
import type { NewApiKey } from '@gatehouse/contracts/http/tokens/service-accounts'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { apiKeyLifetimeDays, mostLiveKeys } from '../../domain/api-key.ts'
import { countLiveApiKeys } from '../../store/api-keys.ts'
import { findServiceAccount, lockServiceAccount } from '../../store/service-accounts.ts'
import { ownerOf, type OwnerScope, readOnceAsOwner, writeAsOwner } from '../owner-scope.ts'
import { requireAccounts } from './account-scope.ts'
import { type MakingDeps, keepNewKey, requireGrantable } from './new-api-key.ts'

type Wish = {
  serviceAccountId: string
  name: string | undefined
  lifetimeDays: number | undefined
  permissions: string[] | undefined
  reason?: string
}

/** @throws AppError `forbidden`, `not_found`, `conflict` when the account has as many keys as it can have */
export async function createApiKey(deps: MakingDeps, scope: OwnerScope, wish: Wish): Promise<NewApiKey> {
  const owner = ownerOf(scope)
  const { serviceAccountId, lifetimeDays = apiKeyLifetimeDays } = wish
  await requireAccounts(deps, scope, 'write')
  // An account that is not there is a 404 before anybody is asked about its rights.
  const account = await readOnceAsOwner(deps, scope, (tx) => findServiceAccount(tx, { id: serviceAccountId, ...owner }))
  if (account === undefined) throw problem('not_found')
  const key = {
    id: newId('apk'),
    serviceAccountId,
    name: wish.name ?? null,
    permissions: wish.permissions ?? null,
    lifetimeDays,
  }
  await requireGrantable(deps, scope, key)
  const outcome = await writeAsOwner(deps, scope, async (tx) => {
    if ((await lockServiceAccount(tx, { id: serviceAccountId, ...owner })) === undefined) return 'not_found'
    if ((await countLiveApiKeys(tx, serviceAccountId)) >= mostLiveKeys) return 'too_many'
    return await keepNewKey(deps, tx, { scope, key, reason: wish.reason })
  })
  if (outcome === 'not_found') throw problem('not_found')
  if (outcome === 'too_many')
    throw problem('conflict', { detail: `A service account has at most ${mostLiveKeys} live keys; revoke one first.` })
  return outcome
}
