/** What the claims of a client's assertion have to say (RFC 7523 §3). Pure; times are seconds since the epoch. */

const clockLeewaySeconds = 5
/** A client signs one for each request. */
const longestLifeSeconds = 300

export type AssertionClaims = { jti: string; exp: number }

/** The claims that matter later, or what is wrong with them. */
export function judgeAssertion(
  claims: Readonly<Record<string, unknown>>,
  o: { clientId: string; issuer: string; now: number },
): { kind: 'good'; claims: AssertionClaims } | { kind: 'bad'; because: string } {
  const { iss, sub, aud, exp, iat, nbf, jti } = claims
  const bad = (because: string) => ({ kind: 'bad', because }) as const
  if (iss !== o.clientId || sub !== o.clientId) return bad('iss and sub are not the client')
  // The issuer alone: an assertion for an endpoint of somebody else's could be played here (RFC 7523bis).
  if (aud !== o.issuer && !(Array.isArray(aud) && aud.length === 1 && aud[0] === o.issuer))
    return bad('foreign audience')
  if (typeof jti !== 'string' || jti === '' || jti.length > 200) return bad('no jti')
  if (typeof exp !== 'number' || !(exp > o.now - clockLeewaySeconds)) return bad('expired')
  if (exp > o.now + longestLifeSeconds + clockLeewaySeconds) return bad('lives too long')
  for (const time of [iat, nbf])
    if (time !== undefined && !(typeof time === 'number' && time <= o.now + clockLeewaySeconds))
      return bad('not valid yet')
  return { kind: 'good', claims: { jti, exp } }
}
