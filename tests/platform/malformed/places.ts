/**
 * Every place of every route where a value stands (path, query, cursor, body), with every wrong value that fits into a
 * request.
 */
import type { RouteContract } from '@gatehouse/contracts/http/contract'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { parametersOf, pathOf, positionsIn, sample, withValue, type Schema } from '../contract-samples.ts'
import type { Tenant } from '../tenant-sweep.ts'
import type { Attempt } from './attempt.ts'

const prefixes: Record<string, string> = {
  org: 'org',
  user: 'user',
  session: 'ses',
  invitation: 'inv',
  role: 'role',
  policy: 'pol',
  group: 'grp',
  assignment: 'asg',
  service_account: 'svc',
  key: 'apk',
  client: 'client',
  secret: 'cls',
  authorization: 'azr',
  consent: 'cns',
  access_request: 'arq',
  domain: 'dom',
  passkey: 'pky',
  webhook: 'whk',
  delivery: 'whd',
  organization: 'org',
}

export const prefixOf = (parameter: string): string => prefixes[parameter] ?? 'ent'

/** Every form an identifier can come in; `own` is one that exists. */
const idForms = (prefix: string, own: string, foreign: string): Record<string, string> => {
  const random = newId(prefix)
  const suffix = random.slice(prefix.length + 1)
  return {
    foreign,
    'of no thing': random,
    // The 11th character begins with the version, the 14th with the variant: here UUIDs of versions 4, 1 and 8 that no
    // thing has.
    'a UUID of version 4': `${prefix}_${suffix.slice(0, 10)}g${suffix.slice(11)}`,
    'a UUID of version 1': `${prefix}_${suffix.slice(0, 10)}4${suffix.slice(11)}`,
    'a UUID of version 8': `${prefix}_${suffix.slice(0, 10)}h${suffix.slice(11)}`.replace(/h(.)$/, 'g$1'),
    'no UUID': `${prefix}_11111111111111111111111111`,
    'no UUID, zeros': `${prefix}_00000000000000000000000000`,
    'no UUID, largest': `${prefix}_7${'z'.repeat(25)}`,
    'of another kind': newId(prefix === 'role' ? 'pol' : 'role'),
    'of no kind': newId('zzz'),
    'without a kind': suffix,
    'as a UUID': '0193e1c2-7c3e-7d1a-8f5b-3f0e9b1c2d3e',
    'in upper case': own.toUpperCase(),
    'in mixed case': own.replace(/[a-z](?=[^a-z]*$)/, (letter) => letter.toUpperCase()),
    'too short': own.slice(0, -1),
    'too long': `${own}0`,
    'with a letter of no base32': `${own.slice(0, -1)}u`,
    'above the largest': `${prefix}_8${suffix.slice(1)}`,
    'with a space': `${own} `,
    'with a line feed': `${own}\n`,
    'with a NUL': `${own}\u0000`,
    'with a bidirectional mark': `${own}\u202e`,
    nonsense: 'nonsense',
    quoted: `'${own}"--`,
    empty: '',
    'very long': 'x'.repeat(2_000),
  }
}

const wrongValues: Record<string, unknown> = {
  null: null,
  true: true,
  'zero below': -0.5,
  'a large number': 1e308,
  'a negative number': -1,
  'an empty list': [],
  'a list of lists': [[[]]],
  'a long list': Array.from({ length: 3_000 }, (_, index) => index),
  'an empty object': {},
  'an object with odd names': { constructor: 1, toString: 2, '': 3, 'a b': 4, ünï: 5 },
  'an empty text': '',
  'a long text': 'x'.repeat(20_000),
  'a text with NUL': 'a\u0000b',
  'a text of nothing visible': '\u200b\u2060',
  'a text of no language': '\u{1f9ff}\u0301\u202e${x}{{y}}%00',
  'a date of no calendar': '2026-02-30T25:61:61Z',
}

const encodings: Record<string, (id: string) => string> = {
  'every byte encoded': (id) => [...Buffer.from(id)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  'encoded twice': (id) => encodeURIComponent(encodeURIComponent(`${id}/`)),
  'with an encoded slash': (id) => `${id}%2f..%2f${id}`,
  'with an encoded question mark': (id) => `${id}%3fa=b`,
  'with an encoded NUL': (id) => `${id}%00`,
  'with half an escape': (id) => `${id}%`,
  'with no UTF-8': (id) => `${id}%ff%fe`,
  'with an overlong slash': (id) => `${id}%c0%af`,
  'with dots': () => '..',
  'with encoded dots': () => '%2e%2e',
  'with a semicolon': (id) => `${id};a=b`,
  'with a slash more': (id) => `${id}/`,
  'with two slashes': (id) => `/${id}`,
}

const mayVoidTokens = new Set(['updateOrganizationSettings'])

/** A change of rules may void the token that the sweep goes on with, so it names a version that never was. */
export const preconditionOf = (route: RouteContract): Attempt['headers'] =>
  mayVoidTokens.has(route.operationId) ? [['if-match', '"of no version"']] : []

/** The route as its caller would use it. */
function regular(
  route: RouteContract,
  self: Tenant,
): Omit<Attempt, 'position' | 'form' | 'body'> & { value?: unknown } {
  return {
    route: route.operationId,
    method: route.method,
    path: pathOf(route, self.ids),
    headers: [
      ...(route.auth === 'open' ? [] : [['authorization', `Bearer ${self.token}`] as const]),
      ...(route.body ? [['content-type', 'application/json'] as const] : []),
      ...preconditionOf(route),
    ],
    ...(route.body ? { value: sample(route.body as Schema, self.ids) } : {}),
  }
}

/** A request that acts at once and names nothing would act whatever form its headers have. */
export const actsAtOnce = (route: RouteContract): boolean =>
  route.method !== 'GET' &&
  (route.body === undefined || route.bodyIsOptional === true) &&
  parametersOf(route).every((name) => name === 'org')

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

export function malformedPlaces(route: RouteContract, self: Tenant, other: Tenant): Attempt[] {
  const { value, ...base } = regular(route, self)
  const body = value === undefined ? {} : { body: json(value) }
  return [
    ...inPath(route, self, other).map((found) => ({ ...base, ...body, ...found })),
    ...inQuery(route, base.path, self, other).map((found) => ({ ...base, ...body, ...found })),
    ...inBody(route, value, other).map((found) => ({ ...base, ...found })),
  ]
}

function inPath(route: RouteContract, self: Tenant, other: Tenant) {
  return parametersOf(route).flatMap((name) => {
    const prefix = prefixOf(name)
    const own = self.ids[name] ?? newId(prefix)
    const forms = idForms(prefix, own, other.ids[name] ?? newId(prefix))
    const position = `path ${name}`
    // A marker stands where the value goes, so that one encoding is not encoded again.
    const around = pathOf(route, { ...self.ids, [name]: 'marker-of-the-place' })
    const at = (text: string): string => around.replace('marker-of-the-place', text)
    return [
      ...Object.entries(forms).map(([form, id]) => ({ position, form, path: at(encodeURIComponent(id)) })),
      ...Object.entries(encodings)
        // An id of which every byte is encoded is the same id: on a route that deletes, the thing would be gone.
        .filter(([form]) => form !== 'every byte encoded' || route.method === 'GET')
        .map(([form, encode]) => ({ position, form, path: at(encode(own)) })),
    ]
  })
}

function inQuery(route: RouteContract, path: string, self: Tenant, other: Tenant) {
  const known = Object.keys((route.query as Schema | undefined)?.properties ?? {})
  const forms = idForms('org', self.ids['org'] ?? '', other.ids['org'] ?? '')
  const values = known
    .filter((name) => name !== 'cursor')
    .concat('organization_id', 'filter', '__proto__')
    .flatMap((name) =>
      Object.entries({ ...forms, 'no UTF-8': undefined }).map(([form, id]) => ({
        position: `query ${name}`,
        form,
        path: `${path}?${name}=${id === undefined ? '%ff%' : encodeURIComponent(id)}`,
        // What is open to anybody is fetched by caches and proxies, who add to its query what they like.
        isRefused: !known.includes(name) && route.auth !== 'open',
      })),
    )
  const twice = known.map((name) => ({ position: `query ${name}`, form: 'twice', path: `${path}?${name}=1&${name}=2` }))
  return [...values, ...twice, ...(known.includes('cursor') ? inCursor(path) : [])]
}

function inCursor(path: string) {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const cursors: Record<string, string> = {
    nonsense: 'x',
    'no JSON': Buffer.from('{').toString('base64url'),
    'an object': encode({}),
    'an empty list': encode([]),
    'a long list': encode(Array.from({ length: 90 }, () => 1)),
    'of large numbers': encode([9007199254740992, 'a']),
    'of texts with NUL': encode(['\u0000', '\u0000']),
  }
  for (const prefix of Object.values(prefixes))
    for (const [form, id] of Object.entries(idForms(prefix, newId(prefix), newId(prefix)))) {
      cursors[`${prefix} ${form}`] = encode([id])
      cursors[`${prefix} ${form} after a time`] = encode(['2026-01-01T00:00:00.000000Z', id])
      cursors[`${prefix} ${form} after a number`] = encode([1_700_000_000_000, id])
    }
  return Object.entries(cursors).map(([form, cursor]) => ({
    position: 'cursor',
    form,
    path: `${path}?cursor=${encodeURIComponent(cursor)}`,
  }))
}

function inBody(route: RouteContract, value: unknown, other: Tenant) {
  if (!route.body) return []
  return positionsIn(route.body as Schema).flatMap(({ at, prefix }) => {
    const position = `body ${at.join('.') || '(whole)'}`
    const foreign = Object.values(other.ids).find((id) => id.startsWith(`${prefix}_`))
    const ids = prefix === undefined ? {} : idForms(prefix, newId(prefix), foreign ?? newId(prefix))
    return Object.entries({ ...wrongValues, ...ids }).map(([form, wrong]) => ({
      position,
      form,
      body: json(withValue(value, at, wrong)),
    }))
  })
}
