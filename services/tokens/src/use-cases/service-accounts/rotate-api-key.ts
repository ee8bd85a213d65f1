/**
 * Exchanges an API key for a new one with the same account, name and scope. The old one lives on for the overlap, so
 * that deployments change over one after another. Whoever rotates gets a secret that opens all of it, so they must hold
 * those rights as the maker of a new key does.
 */
import type { NewApiKey } from '@gatehouse/contracts/http/tokens/service-accounts'
import { actorOf } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { lifetimeDaysOf, mostLiveKeys, rotationOverlapHours } from '../../domain/api-key.ts'
import { claimApiKeyReplacement, countLiveApiKeys, findApiKey } from '../../store/api-keys.ts'
import { findServiceAccount, lockServiceAccount } from '../../store/service-accounts.ts'
import { ownerOf, type OwnerScope, readAsOwner, writeAsOwner } from '../owner-scope.ts'
import { requireAccounts } from './account-scope.ts'
import { announceApiKeyReplaced } from './announce-service-account.ts'
import { type MakingDeps, keepNewKey, requireGrantable } from './new-api-key.ts'

type Wish = {
  id: string
  serviceAccountId: string
  lifetimeDays: number | undefined
  overlapHours: number | undefined
  reason?: string
}

/** @throws AppError `forbidden`, `not_found`, `conflict` for a key that is over or was rotated before */
export async function rotateApiKey(deps: MakingDeps, scope: OwnerScope, wish: Wish): Promise<NewApiKey> {
  const { id, serviceAccountId, overlapHours = rotationOverlapHours } = wish
  await requireAccounts(deps, scope, 'write')
  const old = await readAsOwner(
    deps,
    scope,
    async (tx) => (await findServiceAccount(tx, { id: serviceAccountId, ...ownerOf(scope) })) && findApiKey(tx, wish),
  )
  if (old === undefined) throw problem('not_found')
  const { name, permissions } = old
  const lifetimeDays = wish.lifetimeDays ?? lifetimeDaysOf(old)
  const key = { id: newId('apk'), serviceAccountId, name, permissions, lifetimeDays }
  await requireGrantable(deps, scope, key)
  const outcome = await writeAsOwner(deps, scope, async (tx) => {
    if ((await lockServiceAccount(tx, { id: serviceAccountId, ...ownerOf(scope) })) === undefined) return 'not_found'
    if ((await countLiveApiKeys(tx, serviceAccountId)) >= mostLiveKeys) return 'too_many'
    const replaced = await claimApiKeyReplacement(tx, { id, serviceAccountId, replacedBy: key.id, overlapHours })
    if (replaced === undefined) return 'over'
    const by = { actor: actorOf(scope.caller), reason: wish.reason }
    await announceApiKeyReplaced(tx, { key: replaced, replacedBy: key.id, by })
    return await keepNewKey(deps, tx, { scope, key, replaces: id, reason: wish.reason })
  })
  if (typeof outcome !== 'string') return outcome
  if (outcome === 'not_found') throw problem('not_found')
  throw problem('conflict', { detail: refusals[outcome] })
}

const refusals = {
  too_many: `A service account has at most ${mostLiveKeys} live keys; revoke one first.`,
  over: 'The key is revoked, expired or rotated already.',
} as const
