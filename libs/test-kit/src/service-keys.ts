/** Keys, assertions and access tokens for tests of the kit's HTTP side: real signatures, no servers. */
import { randomUUID } from 'node:crypto'
import { signEs256 } from '@gatehouse/access/tokens/es256'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { createAccessTokenVerifier } from '@gatehouse/access/tokens/access-token'
import {
  createAssertionSigner,
  createAssertionVerifier,
  generateServiceKey,
  type AssertedRequest,
  type AssertionSigner,
} from '@gatehouse/access/tokens/assertion'
import { createJwksSource } from '@gatehouse/access/tokens/jwks-source'
import { loadEventKeys } from '@gatehouse/spine/nats/event-signature'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { newEcKeyPair } from '@gatehouse/service-kit/secrets/key-pair'

export const issuer = 'https://id.example.com'

const services: ServiceName[] = ['gateway', 'identity', 'tokens', 'orgs', 'authz', 'workers', 'pages']
const serviceKeys = new Map(services.map((service) => [service, generateServiceKey(service)]))
export const pinnedJwks = { keys: [...serviceKeys.values()].map(({ publicJwk }) => publicJwk) }
const signers = new Map(
  [...serviceKeys].map(([service, { privateJwk }]) => [service, createAssertionSigner({ service, privateJwk })]),
)
/** One for each service, which recalls its assertions as the signer of a process does. */
export const signerOf = (service: ServiceName): AssertionSigner => signers.get(service) as AssertionSigner
/** The two key settings of that service. */
export const keySettingsOf = (service: ServiceName) => ({
  SERVICE_PRIVATE_KEY: JSON.stringify(serviceKeys.get(service)?.privateJwk),
  SERVICE_JWKS: JSON.stringify(pinnedJwks),
})
/** What a link of that service to the bus holds. */
export const eventKeysOf = (service: ServiceName = 'tokens') => loadEventKeys(keySettingsOf(service))
export const assertionsOf = (service: ServiceName) => createAssertionVerifier({ service, jwks: pinnedJwks })
/** An `authorization` header of one service calling another for one request; with its query or without. */
export const assertionHeader = (from: ServiceName, to: ServiceName, request: AssertedRequest): string =>
  `Bearer ${signerOf(from).assertionFor(to, request)}`

const { privateKey, publicKey } = newEcKeyPair()
/** As the issuer publishes them. */
export const publishedJwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256', use: 'sig' }] }

export const accessTokens = () =>
  createAccessTokenVerifier({ issuer, audience: 'gatehouse', jwks: createJwksSource(async () => publishedJwks) })

export function mintAccessToken(claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(Date.now() / 1000)
  const base = {
    iss: issuer,
    aud: 'gatehouse',
    sub: newId('user'),
    client_id: 'web',
    iat: now,
    exp: now + 300,
    auth_time: now,
    jti: randomUUID(),
    sid: newId('ses'),
    sv: 1,
    uv: 1,
    amr: ['pwd'],
    acr: '1',
  }
  const input = `${encode({ alg: 'ES256', typ: 'at+jwt', kid: 'k1', ...header })}.${encode({ ...base, ...claims })}`
  return `${input}.${signEs256(input, privateKey)}`
}

/** A service account of the organization; nothing of a person is left in the claims. */
export const serviceAccountClaims = (orgId = newId('org')) => ({
  sub: newId('svc'),
  sid: newId('apk'),
  org_id: orgId,
  ov: 1,
})

export const orgClaims = (orgId = newId('org')) => ({ org_id: orgId, mid: newId('mem'), ov: 1, mv: 1 })
