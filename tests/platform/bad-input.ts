/**
 * What bad input gets: a problem document with the right status, never a 5xx. Made from the route table, so each new route
 * is fed the same rubbish. Returns what was wrong, as sentences.
 */
import type { RouteContract } from '@gatehouse/contracts/http/contract'
import { publicRoutes } from '@gatehouse/contracts/http/routes'
import type { Answer, Api, CallOptions } from './client.ts'

type Bad = { name: string; allowed: number[]; options: CallOptions }

const path = (route: RouteContract, org: string): string =>
  route.path.replace(':org', org).replace(/:(\w+)/g, 'nonsense-$1')
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Bodies no route may accept. 401, 403, 404 and 429 are right as well where a guard stands before the parser. */
const badBodies = (token: string | undefined): Bad[] => [
  { name: 'malformed JSON', allowed: [400], options: { token, raw: '{"email":' } },
  { name: 'JSON that is an array', allowed: [400], options: { token, body: [1, 2, 3] } },
  { name: 'JSON that is a string', allowed: [400], options: { token, body: 'text' } },
  { name: 'an unknown property', allowed: [400], options: { token, body: { surprise: true } } },
  {
    name: 'wrong types',
    allowed: [400],
    options: { token, body: { email: 1, password: {}, name: [], token: false, key: 7, roles: 'x', subject: 1 } },
  },
  { name: 'a prototype in the body', allowed: [400], options: { token, raw: '{"__proto__":{"admin":true}}' } },
  {
    name: 'a constructor in the body',
    allowed: [400],
    options: { token, raw: '{"constructor":{"prototype":{"admin":true}}}' },
  },
  {
    name: 'a NUL character',
    allowed: [400],
    options: { token, body: { email: 'a\u0000@example.test', password: 'x\u0000', name: '\u0000', token: '\u0000' } },
  },
  { name: 'an oversized body', allowed: [400, 413], options: { token, body: { name: 'x'.repeat(2_000_000) } } },
  { name: 'deep nesting', allowed: [400], options: { token, raw: `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}` } },
  {
    name: 'another media type',
    allowed: [400, 415],
    options: { token, raw: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
  },
]

const payload = {
  iss: 'http://127.0.0.1:8080',
  aud: 'gatehouse',
  sub: 'user_01jd000000e008000000000000',
  iat: 1,
  exp: 4_102_444_800,
  client_id: 'x',
  jti: 'x',
  sid: 'x',
  sv: 1,
  uv: 1,
}

/** Tokens no route may believe. */
const badTokens = (valid: string): Record<string, string> => ({
  garbage: 'garbage',
  'three empty parts': '..',
  'alg none': `${base64({ alg: 'none', typ: 'at+jwt' })}.${base64(payload)}.`,
  'alg HS256': `${base64({ alg: 'HS256', typ: 'at+jwt' })}.${base64(payload)}.${'A'.repeat(43)}`,
  'a foreign kid': `${base64({ alg: 'ES256', typ: 'at+jwt', kid: 'nobody' })}.${base64(payload)}.${'A'.repeat(86)}`,
  'a jku header': `${base64({ alg: 'ES256', typ: 'at+jwt', kid: 'x', jku: 'http://127.0.0.1:1/jwks' })}.${base64(payload)}.${'A'.repeat(86)}`,
  'a broken signature': `${valid.split('.').slice(0, 2).join('.')}.${'A'.repeat(86)}`,
  'an ID token’s type': `${base64({ alg: 'ES256', typ: 'JWT', kid: 'x' })}.${valid.split('.').slice(1).join('.')}`,
  'very long': `${'a'.repeat(9_000)}.b.c`,
})

const complaint = (answer: Answer, allowed: number[]): string | undefined => {
  if (!allowed.includes(answer.status))
    return `${answer.status} instead of ${allowed.join('/')}: ${JSON.stringify(answer.body).slice(0, 200)}`
  if (answer.status === 431) return undefined
  if (!/application\/problem\+json/.test(answer.headers.get('content-type') ?? ''))
    return `no problem document: ${answer.headers.get('content-type')}`
  if (typeof answer.body['code'] !== 'string' || typeof answer.body['request_id'] !== 'string')
    return 'a problem without code or request_id'
  return undefined
}

/** Feeds every route every kind of rubbish; `org` is the caller's own organization. */
export const feedBadInput = async (
  api: Api,
  { token, org }: { token: string; org: string },
): Promise<{ tries: number; complaints: string[] }> => {
  const complaints: string[] = []
  let tries = 0
  const tryOne = async (
    route: RouteContract,
    name: string,
    allowed: number[],
    at: string,
    options: CallOptions,
  ): Promise<void> => {
    tries += 1
    const found = complaint(await api.call(route.method, at, options), allowed)
    if (found) complaints.push(`${route.operationId}, ${name}: ${found}`)
  }
  for (const route of publicRoutes) {
    const at = path(route, org)
    const behindToken = route.auth === 'open' ? undefined : token
    // A nonsense id in the path may be found out before or after the body.
    const early = route.path.replace(':org', '').includes(':') ? [404, 403] : [403]
    if (route.body)
      for (const bad of badBodies(behindToken))
        await tryOne(route, bad.name, [...bad.allowed, ...early], at, bad.options)
    if (route.auth !== 'open')
      for (const [name, forged] of Object.entries(badTokens(token)))
        await tryOne(route, `token: ${name}`, [401, 431], at, { token: forged })
    if (route.auth !== 'open') await tryOne(route, 'no token', [401], at, {})
    // The type of an entity is a name anybody may invent: of an unknown one there are simply none.
    if (/:(?!org\b|type\b)/.test(route.path))
      await tryOne(route, 'an unknown id', [404, 400, 403], at, { token, ...(route.body ? { body: {} } : {}) })
    if (route.query) await tryOne(route, 'a cursor nobody gave out', [400, 404], `${at}?cursor=%00nonsense`, { token })
    if (route.query) await tryOne(route, 'a limit out of range', [400, 404], `${at}?limit=100000`, { token })
  }
  const odd = [
    '/v1/%ff',
    '/v1/%',
    '/v1/../internal/changes',
    '/internal/changes',
    '/internal/sessions',
    '//v1/me',
    `/v1/organizations/${'x'.repeat(3_000)}`,
    '/v1/me/sessions/%00',
  ]
  for (const at of odd) {
    tries += 1
    const { status } = await api.call('GET', at, { token })
    if (status < 400 || status >= 500) complaints.push(`GET ${at.slice(0, 60)}: ${status}`)
  }
  return { tries, complaints }
}
