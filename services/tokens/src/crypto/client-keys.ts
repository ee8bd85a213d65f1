/**
 * Public keys of clients, and the assertions they sign (RFC 7523). Nothing of an assertion chooses a key but its `kid`,
 * and nothing chooses the algorithm but the allow-list (RFC 8725 §3).
 */
import { constants, createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto'
import type { ClientKeys } from '@gatehouse/contracts/http/tokens/oauth-client'

export const assertionAlgs = ['ES256', 'PS256', 'RS256'] as const
type Alg = (typeof assertionAlgs)[number]

export const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const leastRsaBits = 2048

/** What is wrong with the keys a client wants to register, if something is. */
export function complaintAboutKeys({ keys }: ClientKeys): string | undefined {
  const kids = keys.map(({ kid }) => kid)
  if (kids.some((kid) => kid === undefined || kid === '') || new Set(kids).size < kids.length)
    return 'needs a different kid for each key'
  if (keys.some((key) => privateMembers.some((member) => member in key))) return 'holds a private key'
  return keys.every((key) => isUsable(opened(key))) ? undefined : 'takes P-256 keys, and RSA keys of 2048 bits or more'
}

const mostKeys = 20

/** The keys of a fetched document (RFC 7517 §5) that can be used; undefined where it is none, or has none. */
export function usableKeys(json: unknown): ClientKeys | undefined {
  const stated = isObject(json) && Array.isArray(json['keys']) ? json['keys'].slice(0, mostKeys) : []
  const keys = stated
    .filter(isObject)
    // RFC 7517 §4.2: a key for encryption signs nothing.
    .filter(({ use }) => use === undefined || use === 'sig')
    .map((key) => Object.fromEntries(Object.entries(key).filter(([, value]) => typeof value === 'string')))
    .filter((key) => complaintAboutKeys({ keys: [key as Record<string, string>] }) === undefined)
  return keys.length === 0 ? undefined : { keys: keys as ClientKeys['keys'] }
}

export function opened(jwk: Record<string, string>): KeyObject | undefined {
  try {
    return createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
  } catch {
    return undefined
  }
}

function isUsable(key: KeyObject | undefined): boolean {
  if (key?.asymmetricKeyType === 'ec') return key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
  return key?.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= leastRsaBits
}

const json = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const headerMembers = ['alg', 'kid', 'typ']
const typs = [undefined, 'JWT', 'client-authentication+jwt']

type Read = { header: Record<string, unknown>; claims: Record<string, unknown>; input: string; signature: Buffer }

/** The parts of a compact JWS; undefined for every other text. Nothing in it is believed yet. */
export function readAssertion(token: string): Read | undefined {
  const [head, payload, signature, ...more] = token.split('.')
  if (head === undefined || payload === undefined || signature === undefined || more.length > 0) return undefined
  try {
    const [header, claims] = [json(head), json(payload)]
    if (!isObject(header) || !isObject(claims)) return undefined
    return { header, claims, input: `${head}.${payload}`, signature: Buffer.from(signature, 'base64url') }
  } catch {
    return undefined
  }
}

/** Whether one of these keys signed it, by an algorithm of that kind of key. */
export function isSignedByClient({ header, input, signature }: Read, { keys }: ClientKeys): boolean {
  const { kid, typ } = header
  if (Object.keys(header).some((member) => !headerMembers.includes(member))) return false
  if (!typs.includes(typ as string | undefined)) return false
  const jwk = keys.find((one) => one['kid'] === kid)
  const key = jwk && opened(jwk)
  return key !== undefined && isSignedBy({ header, input, signature }, key)
}

/** Whether this key signed it, by an algorithm of the allow-list and of its kind. */
export function isSignedBy(
  { header: { alg }, input, signature }: Pick<Read, 'header' | 'input' | 'signature'>,
  key: KeyObject,
): boolean {
  if (!assertionAlgs.includes(alg as Alg) || !isUsable(key)) return false
  if ((alg === 'ES256') !== (key.asymmetricKeyType === 'ec')) return false
  if (alg === 'ES256') return verify('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }, signature)
  const padding = alg === 'PS256' ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING
  return verify('sha256', Buffer.from(input), { key, padding, saltLength: 32 }, signature)
}
