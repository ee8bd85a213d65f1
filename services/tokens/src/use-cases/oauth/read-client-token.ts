/**
 * A client's access token by its signature, its times and its form; whether it was ended meanwhile is another question.
 */
import type { Deps } from '../../deps.ts'
import type { ClientAccessClaims } from '../../domain/oauth/client-tokens.ts'

export function readClientToken(
  { keyRing, issuer, clock }: Pick<Deps, 'keyRing' | 'issuer' | 'clock'>,
  token: string,
): ClientAccessClaims | undefined {
  const now = clock.now()
  const claims = keyRing.readJwt(token, { typ: 'at+jwt', now }) as ClientAccessClaims | undefined
  if (claims === undefined || !Array.isArray(claims.aud) || claims.iss !== issuer) return undefined
  return claims.exp * 1000 > now.getTime() ? claims : undefined
}
