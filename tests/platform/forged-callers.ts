/**
 * S17: who calls a service is proved, never said. Every route of every service, public and internal, is asked directly,
 * past the gateway, with every kind of assertion and access token that is not the right one. Made from the contracts,
 * so a new route is in it by itself. Then the right one is sent to the same routes, so that a refusal is known to be
 * about the credential.
 */
import { createHmac, createPrivateKey, createPublicKey, randomUUID, type KeyObject } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { internalHeaders, type ServiceName } from '@gatehouse/contracts/common/services'
import { eventStream, type RouteContract } from '@gatehouse/contracts/http/contract'
import { protocolRoutes } from '@gatehouse/contracts/http/protocols'
import { signEs256 } from '@gatehouse/access/tokens/es256'
import { pathOf } from './contract-samples.ts'

export type Callers = {
  /** Of the platform: its keys and ports are there. */
  readonly dataFolder: string
  /** A token of a person in their organization, and things that exist there. */
  readonly token: string
  readonly ids: Record<string, string>
  readonly apiKey: string
}

type Key = { readonly kid: string; readonly key: KeyObject; readonly publicPem: string }
type Target = {
  readonly name: string
  readonly service: ServiceName
  readonly method: string
  readonly path: string
  readonly auth: RouteContract['auth'] | 'protocol'
  readonly callers: readonly ServiceName[]
  readonly takesBody: boolean
}
type Forgery = { readonly form: string; readonly headers: Record<string, string>; readonly allowed: readonly number[] }
export type ForgedCallers = { sent: number; targets: number; forms: string[]; accepted: string[]; complaints: string[] }

const services: readonly ServiceName[] = ['identity', 'tokens', 'orgs', 'authz', 'workers']

const isRoute = (value: unknown): value is RouteContract =>
  typeof value === 'object' && value !== null && 'operationId' in value && 'method' in value

async function everyTarget(ids: Record<string, string>): Promise<Target[]> {
  const source = new URL('../../libs/contracts/src/http/', import.meta.url)
  const found = new Map<string, RouteContract>()
  for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')))
    for (const value of Object.values((await import(new URL(file, source).href)) as object))
      if (isRoute(value)) found.set(value.operationId, value)
  const routes = [...found.values()].map((route) => ({
    name: route.operationId,
    service: route.service,
    method: route.method,
    path: pathOf(route, ids),
    auth: route.auth,
    callers: route.callers ?? (route.auth === 'internal' ? [] : (['gateway', 'pages'] as const)),
    takesBody: route.body !== undefined && route.bodyIsOptional !== true,
  }))
  const protocols = protocolRoutes.map(({ operationId, service, methods, path }) => ({
    name: operationId,
    service,
    method: methods[0] ?? 'GET',
    path,
    auth: 'protocol' as const,
    callers: ['gateway'] as const,
    takesBody: false,
  }))
  return [...routes, ...protocols].filter(({ service }) => services.includes(service))
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const jwt = (key: Key, claims: object, header: object = {}): string => {
  const input = `${encode({ alg: 'ES256', typ: 'service+jwt', kid: key.kid, ...header })}.${encode(claims)}`
  return `${input}.${signEs256(input, key.key)}`
}

function readKey(dataFolder: string, service: ServiceName): Key {
  const jwk = JSON.parse(readFileSync(join(dataFolder, 'keys', `${service}.jwk.json`), 'utf8')) as { kid: string }
  const key = createPrivateKey({ key: jwk as never, format: 'jwk' })
  return { kid: jwk.kid, key, publicPem: createPublicKey(key).export({ type: 'spki', format: 'pem' }) as string }
}

const claimsOf = (caller: ServiceName, { service, method, path }: Target, more: object = {}) => {
  const now = Math.floor(Date.now() / 1000)
  const subject = `service:${caller}`
  const times = { iat: now, exp: now + 60, jti: randomUUID() }
  return { iss: subject, sub: subject, aud: `service:${service}`, ...times, htm: method, htu: path, ...more }
}

/** Every assertion that must not count, where the right one would be that of `caller`. */
function forgedAssertions(
  target: Target,
  { keys, caller, callers }: { keys: ReadonlyMap<ServiceName, Key>; caller: ServiceName; callers: Callers },
): Record<string, string | undefined> {
  const own = keys.get(caller) as Key
  const other = keys.get(caller === 'orgs' ? 'workers' : 'orgs') as Key
  const made = (claims: object, header?: object): string => jwt(own, claimsOf(caller, target, claims), header)
  const now = Math.floor(Date.now() / 1000)
  const right = made({})
  const [head = '', payload = ''] = right.split('.')
  const symmetric = `${encode({ alg: 'HS256', typ: 'service+jwt', kid: own.kid })}.${payload}`
  const elsewhere = target.service === 'orgs' ? 'authz' : 'orgs'
  return {
    none: undefined,
    'an access token': callers.token,
    'an API key': callers.apiKey,
    'by the key of another service': jwt({ ...other, kid: own.kid }, claimsOf(caller, target)),
    'by a key nobody knows': made({}, { kid: `${caller}-unknown` }),
    'in the name of another service': jwt(other, claimsOf(caller, target)),
    'for another service': made({ aud: `service:${elsewhere}` }),
    'for every service': made({ aud: services.map((service) => `service:${service}`) }),
    'for another method': made({ htm: target.method === 'GET' ? 'DELETE' : 'GET' }),
    'for another path': made({ htu: `${target.path}/more` }),
    'for the root': made({ htu: '/' }),
    'for no request': made({ htm: undefined, htu: undefined }),
    'that has expired': made({ iat: now - 120, exp: now - 60 }),
    'of the future': made({ iat: now + 600, exp: now + 660 }),
    'that lives for an hour': made({ exp: now + 3600 }),
    'without an end': made({ exp: undefined }),
    'as an access token': made({}, { typ: 'at+jwt' }),
    'of another typ': made({}, { typ: 'JWT' }),
    unsigned: `${encode({ alg: 'none', typ: 'service+jwt', kid: own.kid })}.${payload}.`,
    'by the public key as a secret':
      `${symmetric}.` + createHmac('sha256', own.publicPem).update(symmetric).digest('base64url'),
    'with another payload': [head, encode(claimsOf(caller, target, { jti: 'changed' })), right.split('.')[2]].join('.'),
  }
}

/** Every access token that must not count, under the assertion that does. */
function forgedTokens(keys: ReadonlyMap<ServiceName, Key>, { token, apiKey }: Callers): Record<string, string> {
  const [head = '', payload = '', signature = ''] = token.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
  const gateway = keys.get('gateway') as Key
  return {
    'with another payload': `${head}.${encode({ ...claims, sub: 'user_01jd000000e008000000000000' })}.${signature}`,
    'by a service': jwt(gateway, claims, { typ: 'at+jwt' }),
    'that is an assertion': jwt(gateway, claims),
    unsigned: `${encode({ alg: 'none', typ: 'at+jwt' })}.${payload}.`,
    'cut off': token.slice(0, -1),
    'that is an API key': apiKey,
    empty: 'null',
  }
}

/** A service that may not call an internal route is told so; on every other route it is nobody. */
function forgeriesOn(target: Target, keys: ReadonlyMap<ServiceName, Key>, callers: Callers): Forgery[] {
  const [caller] = target.callers
  if (caller === undefined) throw new Error(`${target.name} is called by nobody`)
  const refused = target.auth === 'protocol' ? [400, 401] : [401]
  const bearer = (assertion: string | undefined): Record<string, string> =>
    assertion === undefined ? {} : { authorization: `Bearer ${assertion}` }
  const assertions = Object.entries(forgedAssertions(target, { keys, caller, callers })).map(([form, assertion]) => ({
    form: `an assertion ${form}`,
    headers: { ...bearer(assertion), [internalHeaders.accessToken]: callers.token },
    allowed: refused,
  }))
  const strangers = [...keys]
    .filter(([service]) => !target.callers.includes(service))
    .map(([service, key]) => ({
      form: `an assertion of ${service}`,
      headers: { ...bearer(jwt(key, claimsOf(service, target))), [internalHeaders.accessToken]: callers.token },
      allowed: target.auth === 'internal' ? [403] : refused,
    }))
  if (target.auth !== 'user' && target.auth !== 'organization') return [...assertions, ...strangers]
  const gateway = bearer(jwt(keys.get('gateway') as Key, claimsOf('gateway', target)))
  const tokens = Object.entries(forgedTokens(keys, callers)).map(([form, token]) => ({
    form: `an access token ${form}`,
    headers: { ...gateway, [internalHeaders.accessToken]: token },
    allowed: [401],
  }))
  return [...assertions, ...strangers, ...tokens, { form: 'no access token', headers: gateway, allowed: [401] }]
}

export async function forgedCallers(callers: Callers): Promise<ForgedCallers> {
  const { ports } = JSON.parse(readFileSync(join(callers.dataFolder, 'settings.json'), 'utf8')) as {
    ports: Record<string, number>
  }
  const names = readdirSync(join(callers.dataFolder, 'keys')).flatMap(
    (name) => /^([a-z]+)\.jwk\.json$/.exec(name)?.[1] ?? [],
  )
  const keys = new Map((names as ServiceName[]).map((name) => [name, readKey(callers.dataFolder, name)]))
  const ask = async ({ service, method, path }: Target, headers: Record<string, string>): Promise<number> => {
    const answer = await fetch(`http://127.0.0.1:${ports[service]}${path}`, { method, headers, redirect: 'manual' })
    const staysOpen = answer.headers.get('content-type')?.startsWith(eventStream) === true
    await (staysOpen ? answer.body?.cancel() : answer.arrayBuffer())
    return answer.status
  }
  const found: ForgedCallers = { sent: 0, targets: 0, forms: [], accepted: [], complaints: [] }
  const forms = new Set<string>()
  for (const target of await everyTarget(callers.ids)) {
    found.targets++
    const where = `${target.service} ${target.method} ${target.name}`
    await Promise.all(
      forgeriesOn(target, keys, callers).map(async ({ form, headers, allowed }) => {
        const status = await ask(target, headers)
        found.sent++
        forms.add(form)
        if (!allowed.includes(status)) found.complaints.push(`${where}, ${form}: ${status}`)
      }),
    )
    // The right credential meets the next check: what is read is given, and what needs a body is 400 without one.
    const [caller = 'gateway'] = target.callers
    if (target.method !== 'GET' && !target.takesBody) continue
    const right = jwt(keys.get(caller) as Key, claimsOf(caller, target))
    const status = await ask(target, {
      authorization: `Bearer ${right}`,
      [internalHeaders.accessToken]: callers.token,
    })
    // A protocol's route may want a client's credential beside the assertion.
    if (status === 401 && target.auth !== 'protocol') found.complaints.push(`${where}: the right one is refused`)
    else found.accepted.push(target.name)
  }
  return { ...found, forms: [...forms].sort() }
}
