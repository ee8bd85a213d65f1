/**
 * Parameters of a protocol's request, from a query or an `application/x-www-form-urlencoded` body. Each may stand once
 * (RFC 6749 §3.1, §3.2): of two values a proxy and we could believe different ones. An empty value is an omitted one. A
 * text that cannot be decoded whole is refused, so that `state` and `nonce` come back as they were sent.
 */
import { oauthError } from '../errors/oauth-error.ts'
import { isStorableText } from './storable-text.ts'

export type Parameters = ReadonlyMap<string, string>

/**
 * RFC 8707 §2, RFC 8693 §2.1: the only parameters that may be repeated. Their values are addresses and names without
 * spaces, so they are one text with spaces between.
 */
const repeatable = new Set(['resource', 'audience'])
const most = 100

/** @throws OAuthError `invalid_request` */
export function readParameters(text: string): Parameters {
  const parameters = new Map<string, string>()
  const seen = new Set<string>()
  const pairs = text.split('&', most + 1)
  if (pairs.length > most) throw oauthError('invalid_request', { description: 'There are too many parameters.' })
  for (const pair of pairs) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decoded(equals < 0 ? pair : pair.slice(0, equals))
    const value = equals < 0 ? '' : decoded(pair.slice(equals + 1))
    if (seen.has(name) && !repeatable.has(name))
      throw oauthError('invalid_request', { description: `The parameter ${name.slice(0, 50)} was sent twice.` })
    seen.add(name)
    const before = parameters.get(name)
    if (value !== '') parameters.set(name, before === undefined ? value : `${before} ${value}`)
  }
  return parameters
}

function decoded(part: string): string {
  try {
    const text = decodeURIComponent(part.replaceAll('+', ' '))
    if (isStorableText(text)) return text
  } catch {
    // A percent sign that begins nothing, or bytes that are not UTF-8.
  }
  throw oauthError('invalid_request', { description: 'A parameter cannot be decoded.' })
}
