/**
 * API keys become access tokens here, so that everything behind the gateway knows one kind of credential. A key is exchanged once and the token kept,
 * by the hash of the key, until shortly before it expires or until it is void; garbage is told by its checksum and reaches nobody.
 */
import type { Clock } from '@gatehouse/service-kit/context/clock'
import { isAppError, problem } from '@gatehouse/service-kit/errors/app-error'
import type { AccessTokenVerifier } from '@gatehouse/access/tokens/access-token'
import { hashSecret, isWellFormed } from '@gatehouse/service-kit/secrets/opaque-token'
import { counter } from '@gatehouse/service-kit/telemetry/metrics'
import type { Floors } from '../events/follow-floors.ts'
import type { FailureBudget } from './failure-budget.ts'

export type ApiKeys = {
  /**
   * The access token a key stands for now; whoever gets it verifies it like any other.
   * @throws AppError `invalid_api_key`, `rate_limited`, and what keeps tokens from answering: `not_current`, `upstream_failed`, `deadline_exceeded`
   */
  tokenFor(key: string, address: string): Promise<string>
}

export type Exchanged = { access_token: string; expires_in: number }

type Deps = {
  clock: Clock
  /** How the keys of this environment begin. */
  prefix: string
  exchange(key: string): Promise<Exchanged>
  accessTokens: Pick<AccessTokenVerifier, 'peek' | 'verify'>
  floors: Pick<Floors, 'isVoid'>
  failures: FailureBudget
}

const outcomes = counter('gateway_api_key_total', 'Presented API keys by what came of them')

/** All API keys of any environment begin with it, and nothing else does. */
export const looksLikeApiKey = (token: string): boolean => token.startsWith('gthk_')

/** Entries kept of each kind; the oldest go first. */
const most = 10_000
/** A refused key is refused without asking for this long: nobody can know a good key before it is made, but an account can be enabled again. */
const refusedForMs = 5000
/** A token is changed for the next this long before it expires, or in the last tenth of its life when that is shorter. */
const renewBeforeMs = 30_000

export function createApiKeys(deps: Deps): ApiKeys {
  const { prefix, failures } = deps
  const keep = createTokenKeep(deps)

  const refuse = async (address: string, outcome: string): Promise<never> => {
    outcomes.add(1, { outcome })
    await failures.note(address)
    throw problem('invalid_api_key')
  }
  return {
    async tokenFor(key, address) {
      const isKey = isWellFormed(prefix, key)
      const id = isKey ? hashSecret(key).toString('base64') : ''
      const known = isKey ? keep.peek(id) : undefined
      if (known !== undefined) return known
      failures.requireRoom(address)
      if (!isKey) return refuse(address, 'malformed')
      if (keep.wasJustRefused(id)) return refuse(address, 'refused_before')
      try {
        const token = await keep.exchange(id, key)
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
  const kept = createBoundedMap<{ token: string; useUntilMs: number }>(most)
  const refused = createBoundedMap<number>(most)
  const underWay = new Map<string, Promise<string>>()

  const exchangeNow = async (id: string, key: string): Promise<string> => {
    const askedAtMs = clock.monotonicMs()
    try {
      const { access_token: token, expires_in: seconds } = await exchange(key)
      await accessTokens.verify(token)
      kept.set(id, { token, useUntilMs: askedAtMs + seconds * 1000 - Math.min(renewBeforeMs, seconds * 100) })
      return token
    } catch (err) {
      if (isAppError(err, 'invalid_api_key')) refused.set(id, clock.monotonicMs() + refusedForMs)
      throw err
    }
  }
  return {
    peek(id: string): string | undefined {
      const found = kept.get(id)
      if (found === undefined) return undefined
      const verified = found.useUntilMs > clock.monotonicMs() ? accessTokens.peek(found.token) : undefined
      if (verified !== undefined && !floors.isVoid(verified.claims, verified.kid)) return found.token
      kept.delete(id)
      return undefined
    },
    wasJustRefused: (id: string): boolean => (refused.get(id) ?? -Infinity) > clock.monotonicMs(),
    /** Whoever comes while an exchange is under way gets its answer; it is judged by the floors of then, like every token. */
    exchange(id: string, key: string): Promise<string> {
      const running = underWay.get(id)
      if (running !== undefined) return running
      const started = exchangeNow(id, key).finally(() => underWay.delete(id))
      underWay.set(id, started)
      return started
    },
  }
}

type BoundedMap<Value> = {
  get(id: string): Value | undefined
  set(id: string, value: Value): void
  delete(id: string): void
}

function createBoundedMap<Value>(size: number): BoundedMap<Value> {
  const entries = new Map<string, Value>()
  return {
    get: (id) => entries.get(id),
    set(id, value) {
      entries.delete(id)
      if (entries.size >= size) for (const oldest of entries.keys()) if (entries.delete(oldest)) break
      entries.set(id, value)
    },
    delete: (id) => void entries.delete(id),
  }
}
