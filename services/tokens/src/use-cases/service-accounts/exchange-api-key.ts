/**
 * An access token for an API key. One look-up decides for every key, known or not, and there is one refusal; what was
 * wrong is told to nobody but the operator. Nothing is minted while we cannot prove that we know the key's
 * organization.
 */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import { hashSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import { counter } from '@gatehouse/service-kit/telemetry/metrics'
import type { Deps } from '../../deps.ts'
import { apiKeyClaims, decideKey, type KeyDecision } from '../../domain/api-key.ts'
import { lockApiKeyByHash, noteApiKeyUse, type KeyOnOffer } from '../../store/api-keys.ts'

export type Exchanged = { access_token: string; expires_in: number }
type ExchangeDeps = Pick<Deps, 'system' | 'following' | 'keyRing' | 'issuer' | 'log'>

const exchanges = counter('tokens_api_key_exchange_total', 'Presented API keys by what came of them')
/**
 * How coarse `last_used_at` is: a write per exchange would be a row version every few minutes for each key and gateway.
 */
const noteUseEverySeconds = 600

/** @throws AppError `invalid_api_key`, `not_current`, `unavailable` (no signing key) */
export async function exchangeApiKey(deps: ExchangeDeps, presented: string): Promise<Exchanged> {
  deps.following.orgs.requireFresh()
  const hash = hashSecret(presented)
  let outcome = await tryExchange(deps, hash)
  if (outcome.because === 'organization_unknown') {
    // It may have been made, or opened again, a moment ago: orgs is asked once before the answer is no.
    await deps.following.orgs.pollNow()
    outcome = await tryExchange(deps, hash)
  }
  exchanges.add(1, { outcome: outcome.because ?? 'exchanged' })
  if (outcome.because !== undefined) throw problem('invalid_api_key', { internal: outcome.because })
  const { keyId, isNoteDue, ...exchanged } = outcome
  // Telling people when a key was last used must not keep anybody from using it.
  if (isNoteDue)
    await noteApiKeyUse(deps.system, { id: keyId, everySeconds: noteUseEverySeconds }).catch((err: unknown) =>
      deps.log.warn({ err }, 'the use of an API key could not be noted'),
    )
  return exchanged
}

type Outcome =
  | { because: (KeyDecision & { kind: 'refused' })['because'] | 'unknown' }
  | (Exchanged & { because?: undefined; keyId: string; isNoteDue: boolean })

/** Under the lock of key and account, so no token is minted for one that has been revoked. */
const tryExchange = (deps: ExchangeDeps, hash: Buffer): Promise<Outcome> =>
  inScope(deps.system, {}, async (tx): Promise<Outcome> => {
    const offered = await lockApiKeyByHash(tx, hash)
    if (offered === undefined) return { because: 'unknown' }
    if (deps.following.orgs.isParked(offered.account.orgId))
      throw problem('not_current', {
        internal: 'events about the organization of a key are parked',
        retryAfterSeconds: 5,
      })
    const decision = decideKey(offered)
    return decision.kind === 'good' ? mint(deps, offered, decision.organizationVersion) : { because: decision.because }
  })

function mint(deps: ExchangeDeps, offered: KeyOnOffer, organizationVersion: number): Outcome {
  const { key, now } = offered
  const claims = apiKeyClaims({ issuer: deps.issuer, tokenId: newId('jti'), offered, organizationVersion })
  const isNoteDue = key.lastUsedAt === null || now.getTime() - key.lastUsedAt.getTime() > noteUseEverySeconds * 1000
  return { access_token: deps.keyRing.sign(claims, now), expires_in: claims.exp - claims.iat, keyId: key.id, isNoteDue }
}
