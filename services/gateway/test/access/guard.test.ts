/**
 * The guard waits only for what it does not know: a token that was verified before is judged in the turn its request
 * came in.
 */
import type { AccessTokenClaims } from '@gatehouse/contracts/claims/access-token'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { FastifyReply, FastifyRequest } from 'fastify'
import t from 'tap'
import { createGuard } from '../../src/access/guard.ts'
import { claims as person } from '../support/claims.ts'

/** A guard that knows one token, and how often it asked for anything it has to wait for. */
function openGuard(o: { auth?: 'user' | 'open'; claims?: AccessTokenClaims; isVoid?: boolean } = {}) {
  const waits = { verify: 0, exchange: 0 }
  const verified = { claims: o.claims ?? person, kid: 'k' }
  const guard = createGuard(
    { auth: o.auth ?? 'user', method: 'GET', path: '/v1/me' },
    {
      accessTokens: {
        kind: { namespace: 'accessToken', typ: 'at+jwt', keyFor: () => undefined },
        peek: (token) => (token === 'known' ? verified : undefined),
        verify: async (token) => {
          waits.verify += 1
          if (token === 'good') return verified
          throw problem('unauthenticated')
        },
      },
      floors: { isVoid: () => o.isVoid === true, isCurrentFor: () => true },
      apiKeys: {
        tokenFor: async () => {
          waits.exchange += 1
          return 'known'
        },
      },
      addressOf: () => '192.0.2.1',
    },
  )
  const ask = (authorization: string | undefined) =>
    guard(
      { headers: { authorization }, params: {} } as unknown as FastifyRequest,
      {
        header: () => undefined,
      } as unknown as FastifyReply,
    )
  return { ask, waits }
}

t.test('a token that was verified before is admitted, or refused, without waiting', async (t) => {
  const { ask, waits } = openGuard()
  t.match(ask('Bearer known'), { kind: 'user', accessToken: 'known' })
  t.throws(() => openGuard({ isVoid: true }).ask('Bearer known'), { code: 'token_revoked' })
  t.match(openGuard({ auth: 'open', isVoid: true }).ask('Bearer known'), { kind: 'anonymous' })
  t.same(waits, { verify: 0, exchange: 0 })
})

t.test('any other is looked at closely: in every spelling of the scheme, once', async (t) => {
  const { ask, waits } = openGuard()
  for (const spelling of ['Bearer good', 'bearer good', 'Bearer   good'])
    t.match(await ask(spelling), { accessToken: 'good' }, spelling)
  t.same(waits, { verify: 3, exchange: 0 })
  t.match(await ask('bearer  known'), { accessToken: 'known' })
  t.match(await ask('Bearer gthk_test_x'), { accessToken: 'known' })
  t.same(waits, { verify: 3, exchange: 1 })
  for (const wrong of ['Bearer bad', 'Bearer known known', 'Basic known', 'Bearer ', undefined])
    await t.rejects(async () => ask(wrong), { code: 'unauthenticated' }, String(wrong))
  t.match(await openGuard({ auth: 'open' }).ask('Basic known'), { kind: 'anonymous' })
})
