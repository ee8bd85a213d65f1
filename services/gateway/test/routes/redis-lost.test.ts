/**
 * Redis is flushed and killed under a running gateway (R4): what was revoked stays revoked, and budgets stay budgets.
 */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { ownRedisServer } from '@gatehouse/test-kit/redis-server'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import t from 'tap'
import { asked } from '../support/client.ts'
import { mintToken, startGateway } from '../support/fake-platform.ts'

const budget = 5
const redis = await ownRedisServer(t)
await redis.start()
const gateway = await startGateway(t, {
  REDIS_URL: redis.url,
  GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE: String(budget),
  GATEWAY_CHECK_LIMIT_PER_MINUTE: String(budget),
})
gateway.deps.floors.start()
const ask = asked(gateway.url)
await waitUntil('the floors are loaded', () => gateway.deps.floors.checks().every(({ ok }) => ok))

const signIn = ['/v1/auth/login', () => ({ email: 'ada@example.test', password: 'a password that is wrong' })] as const
/** Has another budget; each token its own. */
const refresh = ['/v1/auth/refresh', () => ({ refresh_token: newId('rt') })] as const

/** How many of these requests at once are passed on; the others are 429. */
async function passedOf(tries: number, [path, bodyOf]: typeof signIn | typeof refresh): Promise<number> {
  const before = gateway.platform.passed.length
  const headers = { 'content-type': 'application/json' }
  const answers = await Promise.all(
    Array.from({ length: tries }, () => ask(path, { method: 'POST', headers, body: JSON.stringify(bodyOf()) })),
  )
  const passed = gateway.platform.passed.length - before
  const refused = answers.filter(({ status }) => status === 429).length
  if (passed + refused !== tries) throw new Error(`${passed} passed, ${refused} refused of ${tries}`)
  return passed
}

t.test('a revoked token stays revoked, and no loss gives more than the budget of one process', async (t) => {
  const sid = newId('ses')
  const revoked = mintToken({ sid })
  const code = async () => (await ask('/v1/me', { token: revoked })).body['code'] ?? 200
  t.equal(await code(), 200)
  gateway.platform.announce('tokens', 'session.ended.v1', {
    session_id: sid,
    user_id: newId('user'),
    reason: 'revoked',
    min_sv: 2,
  })
  await waitUntil('the ended session is refused', async () => (await code()) === 'token_revoked')
  t.equal(await passedOf(4 * budget, signIn), budget)

  await redis.flush()
  t.equal(await code(), 'token_revoked', 'flushed')
  t.equal(await passedOf(4 * budget, signIn), 0, 'who has used up a budget is remembered by the process')

  await redis.kill()
  t.equal(await code(), 'token_revoked', 'killed')
  t.equal(await passedOf(4 * budget, refresh), budget, 'the process counts by itself')
  await redis.start()
  await waitUntil('Redis is back', () => gateway.deps.redis.check().ok)
  t.equal(await code(), 'token_revoked', 'empty and back')
  t.ok((await passedOf(4 * budget, signIn)) <= budget)
})
