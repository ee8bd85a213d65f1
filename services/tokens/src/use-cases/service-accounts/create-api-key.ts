/**
 * Makes an API key. Whoever holds the key may what its account may, so its maker must hold those rights: nobody grants
 * what they do not hold.
 */
import type { NewApiKey } from '@gatehouse/contracts/http/tokens/service-accounts'
import { keepAnswer } from '@gatehouse/service-kit/context/request-context'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { readInScope } from '@gatehouse/service-kit/postgres/single-read'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { apiKeyLifetimeDays, mostLiveKeys } from '../../domain/api-key.ts'
import { permissions } from '../../domain/permissions.ts'
import { countLiveApiKeys, insertApiKey } from '../../store/api-keys.ts'
import { findServiceAccount, lockServiceAccount } from '../../store/service-accounts.ts'
import { announceApiKeyCreated } from './announce-service-account.ts'
import { requirePermission } from './require-permission.ts'
import { apiKeyView } from './service-account-views.ts'

type Wish = {
  serviceAccountId: string
  name: string | undefined
  lifetimeDays: number | undefined
  scope: string[] | undefined
}
type CreateDeps = Pick<Deps, 'db' | 'spine' | 'clients' | 'clock' | 'apiKeyPrefix'>

/** @throws AppError `forbidden`, `not_found`, `conflict` when the account has as many keys as it can have */
export async function createApiKey(deps: CreateDeps, caller: OrgCaller, wish: Wish): Promise<NewApiKey> {
  const { orgId } = caller
  await requirePermission(deps, caller, permissions.writeServiceAccounts)
  await requireGrantable(deps, caller, wish)
  const actor = actorOf(caller)
  const { secret, hash } = mintSecret(deps.apiKeyPrefix)
  const outcome = await deps.spine.write({ orgId }, async (tx) => {
    const account = await lockServiceAccount(tx, wish.serviceAccountId)
    if (account === undefined) return 'not_found'
    if ((await countLiveApiKeys(tx, account.id)) >= mostLiveKeys) return 'too_many'
    const key = await insertApiKey(tx, {
      id: newId('apk'),
      orgId,
      serviceAccountId: account.id,
      name: wish.name ?? null,
      hash,
      prefix: secret.slice(0, deps.apiKeyPrefix.length + 4),
      last4: secret.slice(-4),
      permissions: wish.scope ?? null,
      createdBy: actor,
      lifetimeDays: wish.lifetimeDays ?? apiKeyLifetimeDays,
    })
    await announceApiKeyCreated(tx, key, actor)
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
  caller: OrgCaller,
  { serviceAccountId, scope, lifetimeDays = apiKeyLifetimeDays }: Wish,
): Promise<void> {
  const account = await readInScope(deps.db, { orgId: caller.orgId }, (tx) => findServiceAccount(tx, serviceAccountId))
  if (account === undefined) throw problem('not_found')
  const missing = await deps.clients.authz.undelegableOf(caller, {
    serviceAccountId,
    scope,
    expiresAt: new Date(deps.clock.now().getTime() + lifetimeDays * 86_400_000),
  })
  if (missing.length > 0)
    throw problem('forbidden', {
      detail: `A key of this account would hand on what you do not hold: ${missing.slice(0, 20).join(', ')}.`,
    })
}
