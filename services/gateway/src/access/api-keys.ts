/**
 * API keys become access tokens here, so that everything behind the gateway knows one kind of credential. A key is
 * exchanged once and the token kept, by the hash of the key, until shortly before it expires or until it is void;
 * garbage is told by its checksum and reaches nobody.
 */
import type { Clock } from '@gatehouse/service-kit/context/clock'
import { isAppError, problem } from '@gatehouse/service-kit/errors/app-error'
import type { AccessTokenVerifier } from '@gatehouse/access/tokens/access-token'
import type { ReadSigned } from '@gatehouse/access/tokens/jwt'
import { hashSecret, isWellFormed } from '@gatehouse/service-kit/secrets/opaque-token'
import { counter } from '@gatehouse/service-kit/telemetry/metrics'
import { LRUCache } from 'lru-cache'
import { budgetKeyOf } from '../edge/client-address.ts'
import type { Limit } from '../edge/limits.ts'
import type { Floors } from '../events/follow-floors.ts'

export type ApiKeys = {
  /**
   * The access token a key stands for now; whoever gets it verifies it like any other.
   * @throws AppError `invalid_api_key`, `rate_limited`, and what keeps tokens from answering: `not_current`,
   *   `upstream_failed`, `deadline_exceeded`
   */
  tokenFor(key: string, from: { address: string; readSigned: ReadSigned }): Promise<string>
}

export type Exchanged = { access_token: string; expires_in: number }

type Deps = {
  clock: Clock
  /** How the keys of this environment begin. */
  prefix: string
  exchange(key: string): Promise<Exchanged>
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
    async tokenFor(key, { address, readSigned }) {
      const isKey = isWellFormed(prefix, key)
      const id = isKey ? hashSecret(key).toString('base64') : ''
      const known = isKey ? keep.peek(id) : undefined
      if (known !== undefined) return known
      // A key that was good a moment ago is exchanged again whatever others behind its address try.
      if (!isKey || !keep.wasGood(id)) await requireRoom(address)
      if (!isKey) return refuse(address, 'malformed')
      if (keep.wasJustRefused(id)) return refuse(address, 'refused_before')
      try {
        const token = await keep.exchange(id, key, readSigned)
        outcomes.add(1, { outcome: 'exchanged' })
        return token
      } catch (err) {
        if (isAppError(err, 'invalid_api_key')) return refuse(address, 'refused')
        outcomes.add(1, { outcome: 'failed' })
        throw err
      }
    },
  }
}

/** Tokens and refusals by the hash of their key. */
function createTokenKeep({ clock, exchange, accessTokens, floors }: Deps) {
  const kept = new LRUCache<string, { token: string; useUntilMs: number }>({ max: most })
  const refusedUntilMs = new LRUCache<string, number>({ max: most })
  const underWay = new Map<string, Promise<string>>()

  const exchangeNow = async (id: string, key: string, readSigned: ReadSigned): Promise<string> => {
    const askedAtMs = clock.monotonicMs()
    try {
      const { access_token: token, expires_in: seconds } = await exchange(key)
      await accessTokens.verify(token, readSigned)
      kept.set(id, { token, useUntilMs: askedAtMs + seconds * 1000 - Math.min(renewBeforeMs, seconds * 100) })
      return token
    } catch (err) {
      if (isAppError(err, 'invalid_api_key')) {
        kept.delete(id)
        refusedUntilMs.set(id, clock.monotonicMs() + refusedForMs)
      }
      throw err
    }
  }
  return {
    peek(id: string): string | undefined {
      const found = kept.get(id)
      if (found === undefined || found.useUntilMs <= clock.monotonicMs()) return undefined
      const verified = accessTokens.peek(found.token)
      return verified !== undefined && !floors.isVoid(verified.claims, verified.kid) ? found.token : undefined
    },
    wasGood: (id: string): boolean => kept.has(id),
    wasJustRefused: (id: string): boolean => (refusedUntilMs.get(id) ?? -Infinity) > clock.monotonicMs(),
    /**
     * Requests that come while an exchange is under way share its answer; it is judged by the floors of then, like
     * every token.
     */
    exchange(id: string, key: string, readSigned: ReadSigned): Promise<string> {
      const running = underWay.get(id)
      if (running !== undefined) return running
      const started = exchangeNow(id, key, readSigned).finally(() => underWay.delete(id))
      underWay.set(id, started)
      return started
    },
  }
}
