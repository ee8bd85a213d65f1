/** What the token endpoint answers is signed with the keys of the present. */
import { randomBytes } from 'node:crypto'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { createEnvelope } from '@gatehouse/service-kit/secrets/envelope'
import { quietLog } from '@gatehouse/test-kit/log'
import t from 'tap'
import { createKeyRing, makeSigningKey } from '../../src/crypto/key-ring.ts'
import { clientTokens } from '../../src/use-cases/oauth/token-answer.ts'

t.test('a key that was made within the second of the claims signs', async (t) => {
  const envelope = createEnvelope({ keys: [randomBytes(32)] })
  const iat = Math.floor(Date.now() / 1000)
  const span = {
    publishFrom: new Date(iat * 1000 + 1),
    signFrom: new Date(iat * 1000 + 1),
    signUntil: new Date(iat * 1000 + 3_600_000),
    publishUntil: new Date(iat * 1000 + 3_600_000),
    voidedAt: undefined,
  }
  const keys = await Promise.all(
    (['ES256', 'RS256'] as const).map(async (alg) => {
      const id = newId('key')
      return { ...span, id, ...(await makeSigningKey(envelope, { kid: id, alg })) }
    }),
  )
  const keyRing = createKeyRing(envelope)
  keyRing.fill(keys)
  const answer = await clientTokens(
    { keyRing, issuer: 'https://id.example.com', system: {} as never, clients: {} as never, log: quietLog },
    {
      client: { id: 'wiki', audiences: [], idTokenAlg: 'RS256' } as never,
      claims: { iat, exp: iat + 300, auth_time: iat, sub: newId('user'), sid: newId('ses') } as never,
      scope: ['openid'],
      audience: ['https://api.example.com'],
      nonce: undefined,
      refreshToken: undefined,
      jkt: undefined,
    },
  )
  t.match(answer, { token_type: 'Bearer', access_token: /\./, id_token: /\./ })
})
