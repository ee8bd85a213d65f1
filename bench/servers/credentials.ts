/** Who may ask: keys of the services, the gateway's assertions, and access tokens of people. */
import { randomBytes, type KeyObject } from 'node:crypto'
import { signEs256 } from '@gatehouse/access/tokens/es256'
import { accessTokenAudience } from '@gatehouse/contracts/claims/access-token'
import { internalHeaders, type ServiceName } from '@gatehouse/contracts/common/services'
import { createAssertionSigner, generateServiceKey } from '@gatehouse/access/tokens/assertion'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { newEcKeyPair } from '@gatehouse/service-kit/secrets/key-pair'

export type Member = { readonly userId: string; readonly orgId: string; readonly membershipId: string }

export type Credentials = {
  /** The public keys access tokens are verified with. */
  readonly jwks: { readonly keys: readonly object[] }
  /** What a service is configured with. */
  settingsOf(service: ServiceName): {
    readonly SERVICE_PRIVATE_KEY: string
    readonly SERVICE_JWKS: string
    readonly REVISION_KEY: string
  }
  /** Headers the gateway would send for this token. Good for about 30 s: the assertion in them expires. */
  headersFor(token: string, request: { method: string; path: string }): Record<string, string>
  /** An access token of a person, in an organization when they are a member of one. */
  personToken(who: Member | { userId: string }): string
}

const names: readonly ServiceName[] = ['gateway', 'identity', 'tokens', 'orgs', 'authz', 'workers']
export const issuer = 'https://bench.test'
const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

export function createCredentials(): Credentials {
  const keys = new Map(names.map((service) => [service, generateServiceKey(service)]))
  const keyOf = (service: ServiceName) => keys.get(service) as ReturnType<typeof generateServiceKey>
  const gateway = createAssertionSigner({ service: 'gateway', privateJwk: keyOf('gateway').privateJwk })
  const signing = newEcKeyPair()
  return {
    jwks: { keys: [{ ...signing.publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'ES256', use: 'sig' }] },
    settingsOf: (service) => ({
      SERVICE_PRIVATE_KEY: JSON.stringify(keyOf(service).privateJwk),
      SERVICE_JWKS: JSON.stringify({ keys: names.map((name) => keyOf(name).publicJwk) }),
      REVISION_KEY: 'A'.repeat(43),
    }),
    headersFor: (token, request) => headersFromGateway(gateway.assertionFor('authz', request), token),
    personToken: (who) => personToken(signing.privateKey, who),
  }
}

/** What the gateway sends along with every request. */
function headersFromGateway(assertion: string, token: string): Record<string, string> {
  const id = newId('req')
  return {
    authorization: `Bearer ${assertion}`,
    [internalHeaders.accessToken]: token,
    [internalHeaders.clientAddress]: '192.0.2.1',
    [internalHeaders.correlation]: id,
    'x-request-id': id,
    traceparent: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`,
  }
}

function personToken(key: KeyObject, who: Member | { userId: string }): string {
  const now = Math.floor(Date.now() / 1000)
  const inOrganization = 'orgId' in who ? { org_id: who.orgId, mid: who.membershipId, ov: 1, mv: 1 } : {}
  const claims = {
    iss: issuer,
    aud: accessTokenAudience,
    sub: who.userId,
    client_id: 'bench',
    iat: now,
    exp: now + 3600,
    auth_time: now,
    jti: newId('jti'),
    sid: newId('ses'),
    sv: 1,
    uv: 1,
    amr: ['pwd'],
    acr: '1',
    ...inOrganization,
  }
  const input = `${base64url({ alg: 'ES256', typ: 'at+jwt', kid: 'bench' })}.${base64url(claims)}`
  return `${input}.${signEs256(input, key)}`
}
