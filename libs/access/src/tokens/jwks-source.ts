/**
 * Public keys by `kid`, fetched when needed and kept. An unknown `kid` costs at most one fetch per cool-down, whatever
 * anybody sends; known keys keep verifying while the issuer is down.
 */
import { createPublicKey, type KeyObject } from 'node:crypto'
import { systemClock, type Clock } from '@gatehouse/service-kit/context/clock'

/** A JSON Web Key (RFC 7517). */
export type Jwk = {
  readonly kid?: string
  readonly kty?: string
  readonly crv?: string
  readonly x?: string
  readonly y?: string
  readonly [member: string]: unknown
}
export type Jwks = { readonly keys: readonly Jwk[] }

export type JwksSource = {
  /**
   * The key, or undefined when the issuer does not publish it. Throws only when the issuer cannot be asked and the key
   * is not known.
   */
  keyFor(kid: string): Promise<KeyObject | undefined>
  /** The set as last fetched; for serving it on. */
  current(): Jwks | undefined
  /** Fetches now, for a start-up or after a rotation was announced. */
  refresh(): Promise<void>
}

export type JwksSourceOptions = {
  /** Between two fetches caused by unknown key ids. */
  coolDownMs?: number
  /** After this the set is fetched again in the background, so a retired key stops being trusted. */
  maxAgeMs?: number
  clock?: Clock
}

/** Only P-256 keys count; anything else in the set is ignored. */
export function publicKeysOf(jwks: Jwks): Map<string, KeyObject> {
  const keys = new Map<string, KeyObject>()
  for (const { kid, kty, crv, x, y } of jwks.keys) {
    if (typeof kid !== 'string' || kty !== 'EC' || crv !== 'P-256' || typeof x !== 'string' || typeof y !== 'string')
      continue
    try {
      keys.set(kid, createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' }))
    } catch {
      // A point that is not on the curve is no key.
    }
  }
  return keys
}

export function createJwksSource(fetchJwks: () => Promise<Jwks>, options: JwksSourceOptions = {}): JwksSource {
  const { coolDownMs = 10_000, maxAgeMs = 300_000, clock = systemClock } = options
  let jwks: Jwks | undefined
  let keys = new Map<string, KeyObject>()
  let triedAtMs = -Infinity
  let loadedAtMs = -Infinity
  let underway: Promise<void> | undefined

  const load = async (): Promise<void> => {
    triedAtMs = clock.monotonicMs()
    const fetched = await fetchJwks()
    jwks = fetched
    keys = publicKeysOf(fetched)
    loadedAtMs = clock.monotonicMs()
  }
  const refresh = (): Promise<void> => (underway ??= load().finally(() => (underway = undefined)))

  const keyFor = async (kid: string): Promise<KeyObject | undefined> => {
    const known = keys.get(kid)
    if (known !== undefined) {
      const sinceMs = clock.monotonicMs() - Math.max(loadedAtMs, triedAtMs)
      if (sinceMs > maxAgeMs) refresh().catch(() => undefined)
      return known
    }
    const mayFetch = underway !== undefined || jwks === undefined || clock.monotonicMs() - triedAtMs >= coolDownMs
    if (mayFetch) await refresh()
    return keys.get(kid)
  }
  return { keyFor, current: () => jwks, refresh }
}
