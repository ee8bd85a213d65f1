/**
 * API keys become access tokens here, so that everything behind the gateway knows one kind of credential. A key is
 * exchanged once and the token kept, by the hash of the key and the organization that the request names, until shortly
 * before it expires or until it is void; garbage is told by its checksum and reaches nobody.
 */
import { organizationHeader } from '@gatehouse/contracts/common/services'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import { isAppError, problem } from '@gatehouse/service-kit/errors/app-error'
import type { AccessTokenVerifier } from '@gatehouse/access/tokens/access-token'
import type { ReadSigned } from '@gatehouse/access/tokens/jwt'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import { hashSecret, isWellFormed } from '@gatehouse/service-kit/secrets/opaque-token'
import { counter } from '@gatehouse/service-kit/telemetry/metrics'
import { LRUCache } from 'lru-cache'
import { budgetKeyOf } from '../edge/client-address.ts'
import type { Limit } from '../edge/limits.ts'
import type { Floors } from '../events/follow-floors.ts'

export type ApiKeys = {
  /**
   * The access token a key stands for now; whoever gets it verifies it like any other.
   * `organization`: the one the request names; a key of the platform needs it.
   * @throws AppError `invalid_api_key`, `organization_required`, `organization_unavailable`, `rate_limited`, and what
   *   keeps tokens from answering: `not_current`, `upstream_failed`, `deadline_exceeded`
   */
  tokenFor(
    key: string,
    from: { organization: string | undefined; address: string; readSigned: ReadSigned },
  ): Promise<string>
}

export type Exchanged = { access_token: string; expires_in: number }

type Deps = {
  clock: Clock
  /** How the keys of this environment begin. */
  prefix: string
  exchange(key: string, organization: string | undefined): Promise<Exchanged>
  accessTokens: Pick<AccessTokenVerifier, 'peek' | 'verify'>
  floors: Pick<Floors, 'isVoid'>
  /** How many wrong keys one address may try in a minute; absent: any number. */
  failures: Limit | undefined
}

const outcomes = counter('gateway_api_key_total', 'Presented API keys by what came of them')

/** All API keys of any environment begin with it, and nothing else does. */
export const looksLikeApiKey = (token: string): boolean => token.startsWith('gthk_')

/** Entries kept of each kind; those not used for longest go first. */
const most = 10_000
/**
 * A refused key is refused without asking for this long: nobody can know a good key before it is made, but an account
 * can be enabled again.
 */
const refusedForMs = 5000
/**
 * A token is changed for the next this long before it expires, or in the last tenth of its life when that is shorter.
 */
const renewBeforeMs = 30_000

export function createApiKeys(deps: Deps): ApiKeys {
  const { prefix, failures } = deps
  const keep = createTokenKeep(deps)

  const refuse = async (address: string, outcome: string): Promise<never> => {
    outcomes.add(1, { outcome })
    await failures?.take(budgetKeyOf(address))
    throw problem('invalid_api_key')
  }
  const requireRoom = async (address: string): Promise<void> => {
    const left = await failures?.peek(budgetKeyOf(address))
    if (left?.isUsedUp) throw problem('rate_limited', { retryAfterSeconds: left.resetSeconds })
  }
  return {
    async tokenFor(key, { organization, address, readSigned }) {
      if (!isWellFormed(prefix, key)) {
        await requireRoom(address)
        return refuse(address, 'malformed')
      }
      const presented = presentedAs(key, organization)
      const known = keep.peek(presented)
      if (known !== undefined) return known
      // A key that was good a moment ago is exchanged again whatever others behind its address try.
      if (!keep.wasGood(presented)) await requireRoom(address)
      const before = keep.refusalOf(presented)
      if (before === 'invalid_api_key') return refuse(address, 'refused_before')
      if (before !== undefined) throw problem(before)
      try {
        const token = await keep.exchange(presented, readSigned)
        outcomes.add(1, { outcome: 'exchanged' })
        return token
      } catch (err) {
        if (isAppError(err, 'invalid_api_key')) return refuse(address, 'refused')
        outcomes.add(1, { outcome: organizationRefusal(err) ?? 'failed' })
        throw err
      }
    },
  }
}

/** A key with the organization the request names. `keyId`: its hash. `id`: of both. */
type Presented = {
  readonly key: string
  readonly organization: string | undefined
  readonly keyId: string
  readonly id: string
}

/** @throws AppError `malformed_request` */
function presentedAs(key: string, organization: string | undefined): Presented {
  if (organization !== undefined && !isTypeId('org', organization))
    throw problem('malformed_request', { detail: `The header ${organizationHeader} is not the id of an organization.` })
  const keyId = hashSecret(key).toString('base64')
  return { key, organization, keyId, id: `${keyId} ${organization ?? ''}` }
}

/** The key is good, and not for this organization now. */
const organizationRefusal = (err: unknown): 'organization_required' | 'organization_unavailable' | undefined =>
  isAppError(err, 'organization_required')
    ? 'organization_required'
    : isAppError(err, 'organization_unavailable')
      ? 'organization_unavailable'
      : undefined

type Refusal = 'invalid_api_key' | NonNullable<ReturnType<typeof organizationRefusal>>

/** Tokens by key and organization; refusals of a key by the key alone. */
function createTokenKeep({ clock, exchange, accessTokens, floors }: Deps) {
  const kept = new LRUCache<string, { token: string; useUntilMs: number }>({ max: most })
  const refusals = new LRUCache<string, { code: Refusal; untilMs: number }>({ max: most })
  const underWay = new Map<string, Promise<string>>()

  const noteRefusal = ({ keyId, id }: Presented, err: unknown): void => {
    const code = isAppError(err, 'invalid_api_key') ? 'invalid_api_key' : organizationRefusal(err)
    if (code === undefined) return
    kept.delete(id)
    refusals.set(code === 'invalid_api_key' ? keyId : id, { code, untilMs: clock.monotonicMs() + refusedForMs })
  }
  const exchangeNow = async (presented: Presented, readSigned: ReadSigned): Promise<string> => {
    const askedAtMs = clock.monotonicMs()
    try {
      const { access_token: token, expires_in: seconds } = await exchange(presented.key, presented.organization)
      await accessTokens.verify(token, readSigned)
      kept.set(presented.id, {
        token,
        useUntilMs: askedAtMs + seconds * 1000 - Math.min(renewBeforeMs, seconds * 100),
      })
      return token
    } catch (err) {
      noteRefusal(presented, err)
      throw err
    }
  }
  return {
    peek({ id }: Presented): string | undefined {
      const found = kept.get(id)
      if (found === undefined || found.useUntilMs <= clock.monotonicMs()) return undefined
      const verified = accessTokens.peek(found.token)
      return verified !== undefined && !floors.isVoid(verified.claims, verified.kid) ? found.token : undefined
    },
    wasGood: ({ id }: Presented): boolean => kept.has(id),
    refusalOf({ keyId, id }: Presented): Refusal | undefined {
      const nowMs = clock.monotonicMs()
      return [refusals.get(keyId), refusals.get(id)].find((one) => one !== undefined && one.untilMs > nowMs)?.code
    },
    /**
     * Requests that come while an exchange is under way share its answer; it is judged by the floors of then, like
     * every token.
     */
    exchange(presented: Presented, readSigned: ReadSigned): Promise<string> {
      const { id } = presented
      const running = underWay.get(id)
      if (running !== undefined) return running
      const started = exchangeNow(presented, readSigned).finally(() => underWay.delete(id))
      underWay.set(id, started)
      return started
    },
  }
}
