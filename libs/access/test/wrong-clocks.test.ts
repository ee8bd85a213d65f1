/**
 * Clocks that are wrong (R12). A request is served when its token counts at the gateway, the gateway's assertion counts
 * at the service, and the token counts there again: as long as not both are wrong alike, nothing is served a minute
 * after the token's end by the clock that stamped it, which is that of the database.
 */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { newEcKeyPair } from '@gatehouse/service-kit/secrets/key-pair'
import { verifyAccessToken, verifyAssertion } from '@gatehouse/test-kit/verify-token'
import { createAccessTokenVerifier } from '../src/tokens/access-token.ts'
import { createAssertionSigner, createAssertionVerifier, generateServiceKey } from '../src/tokens/assertion.ts'
import { signEs256 } from '../src/tokens/es256.ts'
import { createJwksSource, type Jwk } from '../src/tokens/jwks-source.ts'

const stampedAt = 1_800_000_000
const lifeSeconds = 300
const asked = { method: 'GET', path: '/v1/me' }
const issuer = 'https://id.example.com'

const { privateKey, publicKey } = newEcKeyPair()
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256', use: 'sig' } as Jwk
const gatewayKey = generateServiceKey('gateway')

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
function mint(): string {
  const claims = {
    ...{ iss: issuer, aud: 'gatehouse', sub: newId('user'), client_id: 'web', jti: randomUUID(), sid: newId('ses') },
    ...{ iat: stampedAt, exp: stampedAt + lifeSeconds, auth_time: stampedAt, sv: 1, uv: 1, amr: ['pwd'], acr: '1' },
  }
  const input = `${encode({ alg: 'ES256', typ: 'at+jwt', kid: 'k1' })}.${encode(claims)}`
  return `${input}.${signEs256(input, privateKey)}`
}

/** A platform of one gateway and one service, each wrong by so many seconds, which may change. */
function platformOf(wrong: { gateway: number; service: number }) {
  let sinceSeconds = 0
  const clockOf = (who: keyof typeof wrong): Clock => ({
    now: () => new Date((stampedAt + sinceSeconds + wrong[who]) * 1000),
    monotonicMs: () => sinceSeconds * 1000,
  })
  const [gateway, service] = [clockOf('gateway'), clockOf('service')]
  const tokensAt = (clock: Clock) => {
    const jwks = createJwksSource(async () => ({ keys: [jwk] }), { clock })
    return createAccessTokenVerifier({ issuer, audience: 'gatehouse', jwks, clock })
  }
  const [atGateway, atService] = [tokensAt(gateway), tokensAt(service)]
  const signer = createAssertionSigner({ service: 'gateway', privateJwk: gatewayKey.privateJwk, clock: gateway })
  const callee = createAssertionVerifier({ service: 'tokens', jwks: { keys: [gatewayKey.publicJwk] }, clock: service })
  return {
    async isServed(token: string, atSeconds: number): Promise<boolean> {
      sinceSeconds = atSeconds
      try {
        await verifyAccessToken(atGateway, token)
        await verifyAssertion(callee, signer.assertionFor('tokens', asked), asked)
        await verifyAccessToken(atService, token)
        return true
      } catch {
        return false
      }
    },
  }
}

const minute = 60
const hour = 3600
const offs = [-hour, -5 * minute, -2 * minute, 0, 2 * minute, 5 * minute]
/** Seconds after the stamp at which the token is used; seen before its end, so that it is cached where it counts. */
const uses = [10, 200, lifeSeconds + minute + 1, lifeSeconds + 4 * minute, lifeSeconds + hour]

t.test('right clocks serve a token until its end', async (t) => {
  const token = mint()
  const { isServed } = platformOf({ gateway: 0, service: 0 })
  t.same([await isServed(token, 10), await isServed(token, lifeSeconds)], [true, true])
  t.equal(await isServed(token, lifeSeconds + minute), false)
})

for (const gateway of offs)
  for (const service of offs) {
    if (gateway === service && gateway !== 0) continue
    t.test(`gateway ${gateway} s, service ${service} s: nothing is served a minute after the end`, async (t) => {
      const platform = platformOf({ gateway, service })
      const token = mint()
      const served: number[] = []
      for (const at of uses) if (await platform.isServed(token, at)) served.push(at)
      t.same(
        served.filter((at) => at > lifeSeconds + minute),
        [],
      )
    })
  }

for (const who of ['gateway', 'service'] as const)
  t.test(`the clock of a running ${who} steps back an hour: nothing it has seen is revived`, async (t) => {
    const wrong = { gateway: 0, service: 0 }
    const platform = platformOf(wrong)
    const token = mint()
    t.equal(await platform.isServed(token, 10), true)
    wrong[who] = -hour
    for (const at of uses.slice(2)) t.equal(await platform.isServed(token, at), false)
  })
