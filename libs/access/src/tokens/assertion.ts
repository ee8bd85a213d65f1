/**
 * How a service proves to another which service it is: a 60 s ES256 assertion signed with its own key (`sub:
 * service:orgs`, `aud: service:tokens`), bound to one method and one path (`htm` and `htu`, as RFC 9449 §4.2 names
 * them), so that it opens no other door. The callee pins public keys from configuration; a key speaks for the one
 * service its `kid` names, whatever the claims say.
 */
import { createPrivateKey, randomUUID } from 'node:crypto'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { systemClock, type Clock } from '@gatehouse/service-kit/context/clock'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { LRUCache } from 'lru-cache'
import { newEcKeyPair } from '@gatehouse/service-kit/secrets/key-pair'
import { signEs256 } from './es256.ts'
import { publicKeysOf, type Jwk, type Jwks } from './jwks-source.ts'
import { readJwt, type JwtKind, type ReadSigned } from './jwt.ts'

/** What an assertion is bound to. The query is left out: it says which part of a thing is meant, not which thing. */
export type AssertedRequest = { readonly method: string; /** With or without its query. */ readonly path: string }

export type AssertionSigner = {
  readonly service: ServiceName
  /** An assertion for one request to that audience, made anew before half of its life is over. */
  assertionFor(audience: ServiceName, request: AssertedRequest): string
}

export type AssertionVerifier = {
  readonly kind: JwtKind
  /** The calling service, if the assertion is of this very request. @throws AppError `unauthenticated`. */
  verify(assertion: string, request: AssertedRequest, readSigned: ReadSigned): Promise<ServiceName>
  /**
   * The same without waiting, for an assertion that was verified before; undefined for one never seen. @throws AppError
   * `unauthenticated`.
   */
  peek(assertion: string, request: AssertedRequest): ServiceName | undefined
}

const lifetimeSeconds = 60
const reuseSeconds = 30
const leewaySeconds = 5
const typ = 'service+jwt'
/** Paths with ids in them are many; an assertion that was dropped is made again. */
const keptAssertions = 2000

const withoutQuery = (path: string): string => {
  const queryAt = path.indexOf('?')
  return queryAt < 0 ? path : path.slice(0, queryAt)
}

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** @param options.privateJwk - P-256, with `d` and `kid` */
export function createAssertionSigner(options: {
  service: ServiceName
  privateJwk: Jwk
  clock?: Clock
}): AssertionSigner {
  const { service, privateJwk, clock = systemClock } = options
  const key = createPrivateKey({ key: privateJwk as never, format: 'jwk' })
  const header = base64url({ alg: 'ES256', typ, kid: privateJwk.kid })
  const cached = new LRUCache<string, { assertion: string; madeAtSeconds: number }>({ max: keptAssertions })

  return {
    service,
    assertionFor(audience, { method, path: asked }) {
      const path = withoutQuery(asked)
      // Neither a service's name nor a method holds a space.
      const place = `${audience} ${method} ${path}`
      const nowSeconds = Math.floor(clock.now().getTime() / 1000)
      const known = cached.get(place)
      // A clock that stepped back must not keep an old assertion in use.
      if (known && nowSeconds >= known.madeAtSeconds && nowSeconds < known.madeAtSeconds + reuseSeconds)
        return known.assertion
      const subject = `service:${service}`
      const claims = {
        iss: subject,
        sub: subject,
        aud: `service:${audience}`,
        iat: nowSeconds,
        exp: nowSeconds + lifetimeSeconds,
        jti: randomUUID(),
        htm: method,
        htu: path,
      }
      const input = `${header}.${base64url(claims)}`
      const assertion = `${input}.${signEs256(input, key)}`
      cached.set(place, { assertion, madeAtSeconds: nowSeconds })
      return assertion
    },
  }
}

type Assertion = {
  readonly assertion: string
  readonly caller: ServiceName
  readonly iat: number
  readonly exp: number
  readonly method: string
  readonly path: string
}

const refused = (internal: string) => problem('unauthenticated', { internal })

/** @param options.jwks - the pinned public keys of all services; a `kid` is `<service>` or `<service>-<anything>` */
export function createAssertionVerifier(options: {
  service: ServiceName
  jwks: Jwks
  clock?: Clock
}): AssertionVerifier {
  const { service, jwks, clock = systemClock } = options
  const keys = publicKeysOf(jwks)
  const kind: JwtKind = { namespace: 'assertion', typ, keyFor: (kid) => keys.get(kid) }
  const seen = new LRUCache<string, Assertion>({ max: keptAssertions })
  /** A caller sends the same one for half a minute. */
  let last: Assertion | undefined
  const recall = (assertion: string): Assertion | undefined =>
    last?.assertion === assertion ? last : seen.get(assertion)

  const judge = (known: Assertion, { method, path }: AssertedRequest): ServiceName => {
    const nowSeconds = clock.now().getTime() / 1000
    if (known.exp + leewaySeconds <= nowSeconds || known.iat > nowSeconds + leewaySeconds) {
      seen.delete(known.assertion)
      last = undefined
      throw refused('service assertion expired or from the future')
    }
    if (known.method !== method || known.path !== withoutQuery(path))
      throw refused('service assertion for another request')
    if (known !== last) seen.set(known.assertion, known)
    last = known
    return known.caller
  }
  return {
    kind,
    verify: async (assertion, request, readSigned) =>
      judge(recall(assertion) ?? (await examine(assertion, { service, kind, readSigned })), request),
    peek(assertion, request) {
      const known = recall(assertion)
      return known && judge(known, request)
    },
  }
}

/** Checks once what cannot change. */
async function examine(
  assertion: string,
  { service, kind, readSigned }: { service: ServiceName; kind: JwtKind; readSigned: ReadSigned },
): Promise<Assertion> {
  const read = await readJwt(kind, assertion, readSigned)
  if (read === undefined) throw refused('not a service assertion, an unknown key or a bad signature')
  const caller = read.kid.split('-', 1)[0] as ServiceName
  const { iss, sub, aud, iat, exp, htm, htu } = read.claims
  if (iss !== `service:${caller}` || sub !== iss || aud !== `service:${service}`)
    throw refused('service assertion for somebody else')
  if (!Number.isInteger(iat) || !Number.isInteger(exp)) throw refused('service assertion without times')
  if ((exp as number) - (iat as number) > lifetimeSeconds) throw refused('service assertion lives too long')
  if (typeof htm !== 'string' || typeof htu !== 'string') throw refused('service assertion for no request')
  return { assertion, caller, iat: iat as number, exp: exp as number, method: htm, path: htu }
}

/**
 * A fresh key pair for one service: the private half is its own secret, the public half goes into everybody's pinned
 * set.
 */
export function generateServiceKey(service: ServiceName): { privateJwk: Jwk; publicJwk: Jwk } {
  const { privateKey, publicKey } = newEcKeyPair()
  const kid = `${service}-${randomUUID().slice(0, 8)}`
  const common = { kid, alg: 'ES256', use: 'sig' }
  return {
    privateJwk: { ...privateKey.export({ format: 'jwk' }), ...common } as Jwk,
    publicJwk: { ...publicKey.export({ format: 'jwk' }), ...common } as Jwk,
  }
}
