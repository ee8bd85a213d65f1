/**
 * An access token for an API key. One look-up decides for every key, known or not, and there is one refusal; what was
 * wrong is told to nobody but the operator. Nothing is minted while we cannot prove that we know the key's
 * organization.
 */
import { organizationHeader } from '@gatehouse/contracts/common/services'
import { type AppError, problem } from '@gatehouse/service-kit/errors/app-error'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import { hashSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import { counter } from '@gatehouse/service-kit/telemetry/metrics'
import type { Deps } from '../../deps.ts'
import { apiKeyClaims, decideKey, type KeyDecision } from '../../domain/api-key.ts'
import { lockApiKeyByHash, noteApiKeyUse, type KeyOnOffer } from '../../store/api-keys.ts'
import { claimFirstUseToday } from '../../store/service-accounts.ts'
import { announceServiceAccountUsed } from './announce-service-account.ts'

export type Exchanged = { access_token: string; expires_in: number }
type ExchangeDeps = Pick<Deps, 'system' | 'spine' | 'following' | 'keyRing' | 'issuer' | 'log'>
/** `organizationId`: the one the access token shall be for, if one is named. */
type Offer = { readonly presented: string; readonly organizationId?: string | undefined }

const exchanges = counter('tokens_api_key_exchange_total', 'Presented API keys by what came of them')
/**
 * How coarse `last_used_at` is: a write per exchange would be a row version every few minutes for each key and gateway.
 */
const noteUseEverySeconds = 600

/**
 * @throws AppError `invalid_api_key`, `organization_required`, `organization_unavailable`, `not_current`, `unavailable`
 *   (no signing key)
 */
export async function exchangeApiKey(deps: ExchangeDeps, offer: Offer): Promise<Exchanged> {
  deps.following.orgs.requireFresh()
  const wanted = { hash: hashSecret(offer.presented), organizationId: offer.organizationId }
  let outcome = await tryExchange(deps, wanted)
  if (outcome.because === 'organization_unknown' || outcome.because === 'organization_unavailable') {
    // It may have been made, or opened again, a moment ago: orgs is asked once before the answer is no.
    await deps.following.orgs.pollNow()
    outcome = await tryExchange(deps, wanted)
  }
  exchanges.add(1, { outcome: outcome.because ?? 'exchanged' })
  if (outcome.because !== undefined) throw refusalOf(outcome.because)
  const { isNoteDue, token, offered } = outcome
  // Telling people when a key was last used must not keep anybody from using it.
  if (isNoteDue)
    await noteApiKeyUse(deps.system, { id: offered.key.id, everySeconds: noteUseEverySeconds }).catch((err: unknown) =>
      deps.log.warn({ err }, 'the use of an API key could not be noted'),
    )
  if (offered.account.orgId === null) await tellOfFirstUse(deps, { offered, organizationId: outcome.organizationId })
  return token
}

/** Whoever holds a good key of the platform is told what is wrong with the organization, and nobody else. */
const refusalOf = (because: Refused): AppError =>
  because === 'organization_absent'
    ? problem('organization_required', { detail: `A key of the platform needs the header ${organizationHeader}.` })
    : because === 'organization_foreign' || because === 'organization_unavailable'
      ? problem('organization_unavailable')
      : problem('invalid_api_key', { internal: because })

type Refused = (KeyDecision & { kind: 'refused' })['because'] | 'unknown'
type Outcome =
  | { because: Refused }
  | { because?: undefined; token: Exchanged; offered: KeyOnOffer; organizationId: string; isNoteDue: boolean }

/** Under the lock of key and account, so no token is minted for one that has been revoked. */
const tryExchange = (
  deps: ExchangeDeps,
  wanted: { hash: Buffer; organizationId: string | undefined },
): Promise<Outcome> =>
  inScope(deps.system, {}, async (tx): Promise<Outcome> => {
    const offered = await lockApiKeyByHash(tx, wanted)
    if (offered === undefined) return { because: 'unknown' }
    const organizationId = offered.account.orgId ?? wanted.organizationId
    if (organizationId !== undefined && deps.following.orgs.isParked(organizationId))
      throw problem('not_current', {
        internal: 'events about the organization of a key are parked',
        retryAfterSeconds: 5,
      })
    const decision = decideKey(offered, wanted.organizationId)
    return decision.kind === 'good' ? mint(deps, offered, decision.organization) : { because: decision.because }
  })

function mint(
  deps: ExchangeDeps,
  offered: KeyOnOffer,
  organization: (KeyDecision & { kind: 'good' })['organization'],
): Outcome {
  const { key, now } = offered
  const claims = apiKeyClaims({ issuer: deps.issuer, tokenId: newId('jti'), offered, organization })
  return {
    token: { access_token: deps.keyRing.sign(claims, now), expires_in: claims.exp - claims.iat },
    offered,
    organizationId: organization.id,
    isNoteDue: key.lastUsedAt === null || now.getTime() - key.lastUsedAt.getTime() > noteUseEverySeconds * 1000,
  }
}

/**
 * An organization has not made the account that asks about it, so it is told once a day. The audit trail misses
 * nothing: no token leaves before this was written.
 */
const tellOfFirstUse = (
  deps: ExchangeDeps,
  { offered: { account, key }, organizationId }: { offered: KeyOnOffer; organizationId: string },
): Promise<void> =>
  deps.spine.write(
    {},
    async (tx) => {
      const isFirst = await claimFirstUseToday(tx, { serviceAccountId: account.id, orgId: organizationId })
      if (isFirst) await announceServiceAccountUsed(tx, { account, keyId: key.id, organizationId })
    },
    { db: 'system' },
  )
