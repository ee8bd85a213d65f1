/**
 * The life of signing keys. A key is published before it signs and stays published after it stopped, so a verifier
 * with a cached key set never meets a token it cannot check: published ⊇ signing ± overlap.
 */

/**
 * RFC 7518 §3.1. ES256 signs what we verify ourselves; RS256 is what each OpenID client understands (OpenID Connect
 * Core §15.1).
 */
export type SigningAlg = 'ES256' | 'RS256'
export const signingAlgs: readonly SigningAlg[] = ['ES256', 'RS256']

/** From when to when a key stands in the key set, and within that, signs. */
export type KeySpan = {
  publishFrom: Date
  signFrom: Date
  signUntil: Date
  publishUntil: Date
  voidedAt: Date | undefined
}

const hourMs = 3_600_000
/**
 * A key signs for 90 days; the next one is published a day ahead, and an old one stays an hour: far longer than a token
 * and its leeway live.
 */
const signingMs = 90 * 24 * hourMs
const aheadMs = 24 * hourMs
const afterMs = hourMs
/**
 * A key that an operator wants now is published this long before it signs: longer than any verifier keeps a key set.
 */
const rotationAheadMs = 600_000

export const isPublished = (key: KeySpan, now: Date): boolean =>
  key.voidedAt === undefined && key.publishFrom <= now && now < key.publishUntil
const isSigning = (key: KeySpan, now: Date): boolean =>
  key.voidedAt === undefined && key.signFrom <= now && now < key.signUntil

/** The key to sign with now: the newest that may. */
export const signingKeyOf = <K extends KeySpan>(keys: readonly K[], now: Date): K | undefined =>
  keys
    .filter((key) => isSigning(key, now))
    .reduce<K | undefined>(
      (newest, key) => (newest === undefined || key.signFrom > newest.signFrom ? key : newest),
      undefined,
    )

/** The key that must be made now, if any: at once when none signs, otherwise a day before the last one stops. */
export function nextSigningKey(keys: readonly KeySpan[], now: Date): KeySpan | undefined {
  if (signingKeyOf(keys, now) === undefined) return spanFrom({ publishFrom: now, signFrom: now })
  const lastSignsUntil = new Date(
    Math.max(...keys.filter((key) => key.voidedAt === undefined).map((key) => key.signUntil.getTime())),
  )
  if (lastSignsUntil.getTime() - now.getTime() > aheadMs) return undefined
  return spanFrom({ publishFrom: now, signFrom: lastSignsUntil })
}

/**
 * The next key an operator wants now, and what it makes of those before it; undefined while a next one is announced.
 */
export function rotationOf(
  keys: readonly KeySpan[],
  now: Date,
): { next: KeySpan; before: Pick<KeySpan, 'signUntil' | 'publishUntil'> } | undefined {
  if (keys.some((key) => key.voidedAt === undefined && key.signFrom > now)) return undefined
  const signFrom = new Date(now.getTime() + rotationAheadMs)
  return {
    next: spanFrom({ publishFrom: now, signFrom }),
    before: { signUntil: signFrom, publishUntil: new Date(signFrom.getTime() + afterMs) },
  }
}

/** Where a key is in its life. */
export type KeyStatus = 'announced' | 'signing' | 'retiring' | 'voided'

export function statusOf(key: KeySpan, now: Date): KeyStatus {
  if (key.voidedAt !== undefined) return 'voided'
  if (now < key.signFrom) return 'announced'
  return now < key.signUntil ? 'signing' : 'retiring'
}

function spanFrom(o: { publishFrom: Date; signFrom: Date }): KeySpan {
  const signUntil = new Date(o.signFrom.getTime() + signingMs)
  return { ...o, signUntil, publishUntil: new Date(signUntil.getTime() + afterMs), voidedAt: undefined }
}
