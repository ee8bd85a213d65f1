/** What creating and rotating an API key have in common: the rights it takes, and the row with its event. */
import type { NewApiKey } from '@gatehouse/contracts/http/tokens/service-accounts'
import { actorOf } from '@gatehouse/access/callers/caller'
import { keepAnswer } from '@gatehouse/service-kit/context/request-context'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { type ApiKey, insertApiKey } from '../../store/api-keys.ts'
import { ownerOf, type OwnerScope } from '../owner-scope.ts'
import type { AccountDeps } from './account-scope.ts'
import { announceApiKeyCreated } from './announce-service-account.ts'
import { apiKeyView } from './service-account-views.ts'

export type MakingDeps = AccountDeps & Pick<Deps, 'clock' | 'apiKeyPrefix'>
type Wanted = Pick<ApiKey, 'id' | 'serviceAccountId' | 'name' | 'permissions'> & { lifetimeDays: number }

/** A key of the platform needs no more than the permission to make one. @throws AppError `forbidden` */
export async function requireGrantable(
  deps: MakingDeps,
  scope: OwnerScope,
  { serviceAccountId, permissions, lifetimeDays }: Omit<Wanted, 'id'>,
): Promise<void> {
  if (scope.kind === 'platform') return
  const missing = await deps.clients.authz.undelegableOf(scope.caller, {
    serviceAccountId,
    scope: permissions ?? undefined,
    expiresAt: new Date(deps.clock.now().getTime() + lifetimeDays * 86_400_000),
  })
  if (missing.length > 0)
    throw problem('forbidden', {
      detail: `A key of this account would hand on what you do not hold: ${missing.slice(0, 20).join(', ')}.`,
    })
}

/** Stores and announces the key; the answer is the only place its secret is in. */
export async function keepNewKey(
  deps: Pick<Deps, 'apiKeyPrefix'>,
  tx: Tx,
  o: { scope: OwnerScope; key: Wanted; replaces?: string; reason: string | undefined },
): Promise<NewApiKey> {
  const actor = actorOf(o.scope.caller)
  const { secret, hash } = mintSecret(deps.apiKeyPrefix)
  const key = await insertApiKey(tx, {
    ...o.key,
    ...ownerOf(o.scope),
    hash,
    prefix: secret.slice(0, deps.apiKeyPrefix.length + 4),
    last4: secret.slice(-4),
    createdBy: actor,
  })
  await announceApiKeyCreated(tx, key, { actor, reason: o.reason, replaces: o.replaces })
  return keepAnswer({ ...apiKeyView({ ...key, isExpired: false }, true), key: secret })
}
