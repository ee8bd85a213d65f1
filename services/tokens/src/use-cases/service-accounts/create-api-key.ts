/**
 * Makes an API key. Whoever holds the key may what its account may, so the maker of a key in an organization must hold
 * those rights: nobody grants what they do not hold. A key of the platform opens one thing, and the permission to make
 * it is the right to that.
 */
import type { NewApiKey } from '@gatehouse/contracts/http/tokens/service-accounts'
import { keepAnswer } from '@gatehouse/service-kit/context/request-context'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf } from '@gatehouse/access/callers/caller'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { apiKeyLifetimeDays, mostLiveKeys } from '../../domain/api-key.ts'
import { countLiveApiKeys, insertApiKey } from '../../store/api-keys.ts'
import { findServiceAccount, lockServiceAccount } from '../../store/service-accounts.ts'
import { ownerOf, type OwnerScope, readOnceAsOwner, writeAsOwner } from '../owner-scope.ts'
import { type AccountDeps, requireAccounts } from './account-scope.ts'
import { announceApiKeyCreated } from './announce-service-account.ts'
import { apiKeyView } from './service-account-views.ts'

type Wish = {
  serviceAccountId: string
  name: string | undefined
  lifetimeDays: number | undefined
  permissions: string[] | undefined
  reason?: string
}
type CreateDeps = AccountDeps & Pick<Deps, 'clock' | 'apiKeyPrefix'>

/** @throws AppError `forbidden`, `not_found`, `conflict` when the account has as many keys as it can have */
export async function createApiKey(deps: CreateDeps, scope: OwnerScope, wish: Wish): Promise<NewApiKey> {
  const owner = ownerOf(scope)
  await requireAccounts(deps, scope, 'write')
  if (scope.kind === 'organization') await requireGrantable(deps, scope, wish)
  const actor = actorOf(scope.caller)
  const { secret, hash } = mintSecret(deps.apiKeyPrefix)
  const outcome = await writeAsOwner(deps, scope, async (tx) => {
    const account = await lockServiceAccount(tx, { id: wish.serviceAccountId, ...owner })
    if (account === undefined) return 'not_found'
    if ((await countLiveApiKeys(tx, account.id)) >= mostLiveKeys) return 'too_many'
    const key = await insertApiKey(tx, {
      id: newId('apk'),
      ...owner,
      serviceAccountId: account.id,
      name: wish.name ?? null,
      hash,
      prefix: secret.slice(0, deps.apiKeyPrefix.length + 4),
      last4: secret.slice(-4),
      permissions: wish.permissions ?? null,
      createdBy: actor,
      lifetimeDays: wish.lifetimeDays ?? apiKeyLifetimeDays,
    })
    await announceApiKeyCreated(tx, key, { actor, reason: wish.reason })
    return keepAnswer({ ...apiKeyView({ ...key, isExpired: false }), key: secret })
  })
  if (outcome === 'not_found') throw problem('not_found')
  if (outcome === 'too_many')
    throw problem('conflict', { detail: `A service account has at most ${mostLiveKeys} live keys; revoke one first.` })
  return outcome
}

/** An account that is not there is a 404 before anybody is asked about its rights. */
async function requireGrantable(
  deps: CreateDeps,
  scope: Extract<OwnerScope, { kind: 'organization' }>,
  { serviceAccountId, permissions, lifetimeDays = apiKeyLifetimeDays }: Wish,
): Promise<void> {
  const account = await readOnceAsOwner(deps, scope, (tx) =>
    findServiceAccount(tx, { id: serviceAccountId, ...ownerOf(scope) }),
  )
  if (account === undefined) throw problem('not_found')
  const missing = await deps.clients.authz.undelegableOf(scope.caller, {
    serviceAccountId,
    scope: permissions,
    expiresAt: new Date(deps.clock.now().getTime() + lifetimeDays * 86_400_000),
  })
  if (missing.length > 0)
    throw problem('forbidden', {
      detail: `A key of this account would hand on what you do not hold: ${missing.slice(0, 20).join(', ')}.`,
    })
}
