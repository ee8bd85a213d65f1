/**
 * Verifies access tokens locally (RFC 9068: `typ: at+jwt`, ES256, `iss aud exp iat sub client_id jti`); every service
 * does, behind the gateway too. Whether a token was voided meanwhile is the gateway's question. A token seen before
 * costs a map lookup; its `exp` is checked on every hit.
 */
import type { KeyObject } from 'node:crypto'
import { AccessTokenClaims } from '@gatehouse/contracts/claims/access-token'
import { LRUCache } from 'lru-cache'
import { Compile } from 'typebox/compile'
import { systemClock, type Clock } from '@gatehouse/service-kit/context/clock'
import { isAppError, problem } from '@gatehouse/service-kit/errors/app-error'
import type { JwksSource } from './jwks-source.ts'
import { readJwt, type JwtKind, type ReadSigned } from './jwt.ts'

export type VerifiedAccessToken = { readonly claims: AccessTokenClaims; readonly kid: string }

export type AccessTokenVerifier = {
  readonly kind: JwtKind
  /** @throws AppError `unauthenticated`, or `unavailable` when an unknown key cannot be looked up. */
  verify(token: string, readSigned: ReadSigned): Promise<VerifiedAccessToken>
  /** Only what was verified before and has not expired; for a path that must not wait. */
  peek(token: string): VerifiedAccessToken | undefined
}

/** Clocks of machines differ; 5 s is far below the 60 s nobody may stay valid after `exp`. */
export const clockLeewaySeconds = 5

/** Tokens are minted for five minutes; nothing that claims more than an hour is one of them, whatever signed it. */
const longestLifeSeconds = 3600

/** Kept by the end of its signature, a small part of a token to hash; only the whole token is the same token. */
type Seen = { readonly token: string; readonly verified: VerifiedAccessToken }
/** Characters in base64url: 144 bits, as good as random. */
const keyLength = 24
const keyOf = (token: string): string => token.slice(-keyLength)

const claimsShape = Compile(AccessTokenClaims)

export function createAccessTokenVerifier(options: {
  issuer: string
  audience: string
  jwks: JwksSource
  clock?: Clock
  /** Verified tokens kept; those not used for longest go first. */
  cacheSize?: number
}): AccessTokenVerifier {
  const { issuer, audience, jwks, clock = systemClock, cacheSize = 20_000 } = options
  const seen = new LRUCache<string, Seen>({ max: cacheSize })
  const nowSeconds = (): number => clock.now().getTime() / 1000
  const isExpired = ({ claims }: VerifiedAccessToken): boolean => claims.exp + clockLeewaySeconds <= nowSeconds()

  const peek = (token: string): VerifiedAccessToken | undefined => {
    // As long as half of it is free, nothing has to go soon, and keeping the order costs more than the look.
    const found = seen.size * 2 < cacheSize ? seen.peek(keyOf(token)) : seen.get(keyOf(token))
    if (found === undefined || found.token !== token) return undefined
    if (!isExpired(found.verified)) return found.verified
    seen.delete(keyOf(token))
    return undefined
  }

  const remember = (token: string, verified: VerifiedAccessToken): void => {
    seen.set(keyOf(token), { token, verified })
  }

  const kind: JwtKind = { namespace: 'accessToken', typ: 'at+jwt', keyFor: (kid) => keyFor(jwks, kid) }

  const verify = async (token: string, readSigned: ReadSigned): Promise<VerifiedAccessToken> => {
    const known = peek(token)
    if (known !== undefined) return known
    const read = await readJwt(kind, token, readSigned)
    if (read === undefined) throw problem('unauthenticated', { internal: 'not an ES256 at+jwt, or a bad signature' })
    const { claims, kid } = read
    if (!claimsShape.Check(claims)) throw problem('unauthenticated', { internal: 'claims missing or malformed' })
    if (claims.iss !== issuer || claims.aud !== audience)
      throw problem('unauthenticated', { internal: 'foreign issuer or audience' })
    requireTimes(claims, nowSeconds())
    const verified = { claims, kid }
    if (isExpired(verified)) throw problem('unauthenticated', { internal: 'expired' })
    remember(token, verified)
    return verified
  }
  return { kind, verify, peek }
}

/** `exp` is looked at on every use; what cannot change is looked at once. */
function requireTimes(claims: AccessTokenClaims & { readonly nbf?: unknown }, nowSeconds: number): void {
  const latest = nowSeconds + clockLeewaySeconds
  const { iat, exp, nbf } = claims
  if (iat > latest) throw problem('unauthenticated', { internal: 'issued in the future' })
  if (nbf !== undefined && (typeof nbf !== 'number' || !(nbf <= latest)))
    throw problem('unauthenticated', { internal: 'not valid yet' })
  if (!(exp > iat && exp - iat <= longestLifeSeconds)) throw problem('unauthenticated', { internal: 'lives too long' })
}

async function keyFor(jwks: JwksSource, kid: string): Promise<KeyObject> {
  let key: KeyObject | undefined
  try {
    key = await jwks.keyFor(kid)
  } catch (err) {
    if (isAppError(err)) throw err
    throw problem('unavailable', { internal: 'the key set cannot be fetched', cause: err, retryAfterSeconds: 1 })
  }
  if (key === undefined) throw problem('unauthenticated', { internal: 'unknown kid' })
  return key
}
