/**
 * The claims of a DPoP proof (RFC 9449 §4.3), judged. The signature was checked; whether the proof was used before is
 * the database's to say.
 */

/** Clocks of clients are wrong; the nonce, whose time is ours, is what keeps a proof from being made beforehand. */
const clockLeewaySeconds = 60
/** How long a proof may be used, and how long it is remembered. */
export const proofSeconds = 300

type Facts = {
  method: string
  /** Of the endpoint, without query and fragment. */
  url: string
  now: number
  /** At a resource: SHA-256 of the access token in base64url. */
  ath?: string | undefined
}
type Judged = { kind: 'good'; jti: string; nonce: string | undefined } | { kind: 'bad'; because: string }

export function judgeProof(claims: Record<string, unknown>, o: Facts): Judged {
  const { jti, htm, htu, iat, ath, nonce } = claims
  const bad = (because: string): Judged => ({ kind: 'bad', because })
  if (htm !== o.method) return bad('htm is not the method')
  if (typeof htu !== 'string' || withoutQuery(htu) !== withoutQuery(o.url)) return bad('htu is not the endpoint')
  if (typeof jti !== 'string' || jti === '' || jti.length > 200) return bad('jti is missing')
  if (typeof iat !== 'number' || !(iat > o.now - proofSeconds) || iat > o.now + clockLeewaySeconds)
    return bad('iat is too far away')
  if (o.ath !== undefined && ath !== o.ath) return bad('ath is not of the access token')
  if (nonce !== undefined && typeof nonce !== 'string') return bad('nonce is no text')
  return { kind: 'good', jti, nonce }
}

/** As written but for what RFC 3986 §6.2 calls equal: case of scheme and host, the port that is the scheme's own. */
function withoutQuery(address: string): string | undefined {
  try {
    const url = new URL(address)
    return url.origin + url.pathname
  } catch {
    return undefined
  }
}
