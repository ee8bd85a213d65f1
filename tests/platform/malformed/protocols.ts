/**
 * S8 at the protocols' routes: parameters, credentials and cookies that no client sends. Each answer has the form of
 * its protocol.
 */
import { protocolRoutes } from '@gatehouse/contracts/http/protocols'
import type { ProtocolContract } from '@gatehouse/contracts/http/protocol'
import type { Attempt } from './attempt.ts'
import type { Answer } from './send.ts'

const parameters = [
  'client_id', 'client_secret', 'redirect_uri', 'response_type', 'scope', 'state', 'nonce', 'prompt', 'max_age',
  'acr_values', 'id_token_hint', 'organization_id', 'organization', 'code_challenge', 'code_challenge_method',
  'grant_type', 'code', 'code_verifier', 'refresh_token', 'token', 'access_token', 'continuation',
  'post_logout_redirect_uri', 'request', 'request_uri', 'resource', 'device_code', 'subject_token',
  'subject_token_type', 'audience', 'dpop_jkt',
] // prettier-ignore

/** As they stand in a query or a form. */
const values: Readonly<Record<string, string>> = {
  empty: '',
  'half an escape': '%',
  'no UTF-8': '%ff%fe',
  'half a surrogate pair': '%ed%a0%80',
  NUL: 'a%00b',
  'a line break': '%0d%0aset-cookie:%20a=b',
  'a script': '%3Cscript%3Ealert(1)%3C/script%3E',
  'an address of others': 'https%3A%2F%2Fevil.example%2F',
  'a large number': '99999999999999999999',
  'a negative number': '-1',
  JSON: '%7B%22a%22%3A1%7D',
  'a JWT of nobody': 'eyJhbGciOiJub25lIn0.e30.',
  'a long text': 'x'.repeat(6_000),
  'an identifier of nothing': `org_${'z'.repeat(26)}`,
  'right to left': '%E2%80%AEabc',
}

const authorizations = [
  'Basic', 'Basic !', 'Basic Og==', 'Basic OjpA', `Basic ${Buffer.from('%:%').toString('base64')}`,
  `Basic ${'A'.repeat(4_000)}`,
  'Bearer', 'Bearer x', 'Bearer a.b.c', `Bearer ${'x'.repeat(6_000)}`, 'DPoP x', 'Negotiate x', ' ', 'Basic\tx',
] // prettier-ignore
const cookies = [
  '=',
  ';;;',
  'gatehouse_session',
  'gatehouse_session=x',
  '__Host-gatehouse_session=%00',
  `gatehouse_session=gtbs_${'A'.repeat(49)}`,
]

const proofs = ['x', 'a.b.c', 'e30.e30.', 'eyJhbGciOiJub25lIn0.e30.', '{}', 'x'.repeat(6_000)]

const form = ['content-type', 'application/x-www-form-urlencoded'] as const

/** Every malformed request of every protocol's route. */
export const malformedProtocols = (): Attempt[] =>
  protocolRoutes.flatMap((route) =>
    route.methods.flatMap((method) => [
      ...texts().map(({ form: kind, text }) => attempt(route, { method, position: 'parameters', form: kind, text })),
      ...headersOf(method).map(([name, value]) => ({
        ...attempt(route, {
          method,
          position: `header ${name}`,
          form: value.slice(0, 40),
          text: 'grant_type=x&client_id=y',
        }),
        headers: [...(method === 'POST' && name !== 'content-type' ? [form] : []), [name, value] as const],
      })),
    ]),
  )

function attempt(
  { operationId, path }: ProtocolContract,
  o: { method: string; position: string; form: string; text: string },
): Attempt {
  const { method, position, text } = o
  const base = { route: operationId, position, form: o.form, method }
  return method === 'POST'
    ? { ...base, path, headers: [form], body: Buffer.from(text, 'latin1') }
    : { ...base, path: `${path}?${text}`, headers: [] }
}

const texts = (): { form: string; text: string }[] => [
  ...parameters.flatMap((name) =>
    Object.entries(values).map(([kind, value]) => ({ form: `${name}: ${kind}`, text: `${name}=${value}` })),
  ),
  ...parameters.map((name) => ({ form: `${name} twice`, text: `${name}=a&${name}=b` })),
  { form: 'a parameter without a name', text: '=x&&&=' },
  { form: 'odd names', text: '__proto__=x&constructor=y&client_id[]=z&%E2%80%AE=1' },
  { form: 'very many', text: 'x=1&'.repeat(900) },
]

const headersOf = (method: string): (readonly [string, string])[] => [
  ...authorizations.map((value) => ['authorization', value] as const),
  ...cookies.map((value) => ['cookie', value] as const),
  ...proofs.map((value) => ['dpop', value] as const),
  ...(method === 'POST' ? ['application/json', 'text/plain', 'multipart/form-data; boundary=x', 'x', ''] : []).map(
    (value) => ['content-type', value] as const,
  ),
]

/**
 * What is wrong with an answer of a protocol's route, if anything. A logout without a hint, a revocation of nothing
 * known: some of these are no errors.
 */
export function complaintAboutProtocol(
  { route }: Attempt,
  { status, headers, text }: Answer,
  issuer: string,
): string | undefined {
  if (status >= 500) return `${status} ${text.slice(0, 200)}`
  if (text.includes('<script')) return `${status} with a script: ${text.slice(0, 200)}`
  if (headers['set-cookie'] !== undefined) return `${status} sets a cookie`
  if (status >= 300 && status < 400)
    return headers.location?.startsWith(`${issuer}/`) === true ? undefined : `sends to ${headers.location}`
  if (status < 400) return undefined
  const expected = protocolRoutes.find(({ operationId }) => operationId === route)?.errors
  const type = headers['content-type'] ?? ''
  if (expected === 'page') return /^text\/html/.test(type) ? undefined : `${status} as ${type}: ${text.slice(0, 200)}`
  if (!/^application\/json/.test(type)) return `${status} as ${type}: ${text.slice(0, 200)}`
  const { error } = JSON.parse(text) as { error?: unknown }
  return typeof error === 'string' ? undefined : `${status} without an error: ${text.slice(0, 200)}`
}
