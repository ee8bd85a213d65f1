/**
 * A JWT the only way this platform takes one: ES256, an exact `typ`, a key chosen by `kid` from keys we already trust.
 * A header that offers a key of its own (`jwk`, `jku`, `x5u`, `x5c`) or any member we do not know is refused before its
 * signature is looked at (RFC 8725 §3).
 */
import type { KeyObject } from 'node:crypto'
import { isCanonicalBase64url, isCanonicalSignature } from './es256.ts'

/** One kind of token, and where its trusted keys are. */
export type JwtKind = {
  readonly namespace: 'accessToken' | 'assertion'
  readonly typ: string
  keyFor(kid: string): KeyObject | undefined | Promise<KeyObject | undefined>
}

type Claims = Readonly<Record<string, unknown>>

/**
 * The claims of a token whose signature one of the kind's keys made, otherwise undefined. Throws what `keyFor` throws,
 * and nothing else.
 */
export type ReadSigned = (kind: JwtKind, token: string) => Promise<Claims | undefined>

type JwtHeader = { readonly alg: 'ES256'; readonly typ: string; readonly kid: string }

/**
 * The claims of a correctly signed token in its one spelling, with the `kid` of its key; undefined for every other
 * text. Times, issuer and audience are the caller's to check: they need its clock.
 */
export async function readJwt(
  kind: JwtKind,
  token: string,
  readSigned: ReadSigned,
): Promise<{ claims: Claims; kid: string } | undefined> {
  const header = readHeader(token, kind.typ)
  const claims = header && (await readSigned(kind, token))
  return header && claims && { claims, kid: header.kid }
}

const headerMembers = new Set(['alg', 'typ', 'kid'])
/** Three non-empty base64url parts: unsigned tokens do not even match. */
const compactForm = /^[A-Za-z0-9_-]{8,2048}\.[A-Za-z0-9_-]{2,6144}\.[A-Za-z0-9_-]{86}$/

/**
 * The header, if the token has the one form that is accepted: each part in canonical base64url, the header without a
 * space, an escape or a member twice. So a token has one spelling, and two readers of it read the same.
 */
function readHeader(token: string, typ: string): JwtHeader | undefined {
  if (!compactForm.test(token)) return undefined
  const [head = '', payload = '', signature = ''] = token.split('.')
  if (!isCanonicalSignature(signature) || !isCanonicalBase64url(payload)) return undefined
  const last = lastHeaders.get(typ)
  if (last?.text === head) return last.header
  const header = parseHeader(head, typ)
  if (header !== undefined) lastHeaders.set(typ, { text: head, header })
  return header
}

/** By `typ`: whoever signs with one key writes one header, which is read once. */
const lastHeaders = new Map<string, { readonly text: string; readonly header: JwtHeader }>()

function parseHeader(head: string, typ: string): JwtHeader | undefined {
  const header = parseObject(head)
  if (header === undefined || base64url(JSON.stringify(header)) !== head) return undefined
  if (Object.keys(header).some((member) => !headerMembers.has(member))) return undefined
  const { alg, kid } = header
  if (alg !== 'ES256' || header['typ'] !== typ || typeof kid !== 'string' || kid.length > 128) return undefined
  return { alg, typ, kid }
}

const base64url = (text: string): string => Buffer.from(text).toString('base64url')

function parseObject(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
