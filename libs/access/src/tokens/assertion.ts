/**
 * How a service proves to another which service it is: a 60 s ES256 assertion signed with its own key (`sub: service:orgs`, `aud: service:tokens`).
 * The callee pins public keys from configuration; a key speaks for the one service its `kid` names, whatever the claims say.
 */
import { createPrivateKey, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { systemClock, type Clock } from '@gatehouse/service-kit/context/clock'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { publicKeysOf, type Jwk, type Jwks } from './jwks-source.ts'
import { readHeader, verifySignature } from './jwt.ts'

export type AssertionSigner = {
  readonly service: ServiceName
  /** An assertion for that audience, made anew before half of its life is over. */
  assertionFor(audience: ServiceName): string
}

export type AssertionVerifier = {
  /** The calling service. @throws AppError `unauthenticated`. */
  verify(assertion: string): ServiceName
}

const lifetimeSeconds = 60
const reuseSeconds = 30
const leewaySeconds = 5
const typ = 'service+jwt'

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
  const cached = new Map<ServiceName, { assertion: string; madeAtSeconds: number }>()

  return {
    service,
    assertionFor(audience) {
      const nowSeconds = Math.floor(clock.now().getTime() / 1000)
      const known = cached.get(audience)
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
      }
      const assertion = signed(`${header}.${base64url(claims)}`, key)
      cached.set(audience, { assertion, madeAtSeconds: nowSeconds })
      return assertion
    },
  }
}

const signed = (input: string, key: KeyObject): string =>
  `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`

/** @param options.jwks - the pinned public keys of all services; a `kid` is `<service>` or `<service>-<anything>` */
export function createAssertionVerifier(options: {
  service: ServiceName
  jwks: Jwks
  clock?: Clock
}): AssertionVerifier {
  const { service, jwks, clock = systemClock } = options
  const keys = publicKeysOf(jwks)
  type Seen = { readonly assertion: string; readonly caller: ServiceName; readonly iat: number; readonly exp: number }
  const seen = new Map<string, Seen>()
  /** A caller sends the same one for half a minute. */
  let last: Seen | undefined
  const refused = (internal: string) => problem('unauthenticated', { internal })

  const examine = (assertion: string): Seen => {
    const header = readHeader(assertion, typ)
    if (header === undefined) throw refused('not a service assertion')
    const key = keys.get(header.kid)
    const claims = key && verifySignature(assertion, key)
    if (!claims) throw refused('service assertion with unknown key or bad signature')
    const caller = header.kid.split('-', 1)[0] as ServiceName
    const { iss, sub, aud, iat, exp } = claims
    if (iss !== `service:${caller}` || sub !== iss || aud !== `service:${service}`)
      throw refused('service assertion for somebody else')
    if (!Number.isInteger(iat) || !Number.isInteger(exp)) throw refused('service assertion without times')
    if ((exp as number) - (iat as number) > lifetimeSeconds) throw refused('service assertion lives too long')
    return { assertion, caller, iat: iat as number, exp: exp as number }
  }

  return {
    verify(assertion) {
      const known = last?.assertion === assertion ? last : (seen.get(assertion) ?? examine(assertion))
      const nowSeconds = clock.now().getTime() / 1000
      if (known.exp + leewaySeconds <= nowSeconds || known.iat > nowSeconds + leewaySeconds) {
        seen.delete(assertion)
        last = undefined
        throw refused('service assertion expired or from the future')
      }
      // A caller makes two a minute; more than this many live ones at once means old ones linger.
      if (seen.size > 500) seen.clear()
      if (known !== last) seen.set(assertion, known)
      last = known
      return known.caller
    },
  }
}

/** A fresh key pair for one service: the private half is its own secret, the public half goes into everybody's pinned set. */
export function generateServiceKey(service: ServiceName): { privateJwk: Jwk; publicJwk: Jwk } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const kid = `${service}-${randomUUID().slice(0, 8)}`
  const common = { kid, alg: 'ES256', use: 'sig' }
  return {
    privateJwk: { ...privateKey.export({ format: 'jwk' }), ...common } as Jwk,
    publicJwk: { ...publicKey.export({ format: 'jwk' }), ...common } as Jwk,
  }
}
