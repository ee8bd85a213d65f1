/** A void is its producer's word: nobody else who reaches the bus can end a session, or keep one from ending. */
import { readinessOf } from '@gatehouse/service-kit/health/checks'
import { SessionEnded } from '@gatehouse/contracts/events/tokens/session'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { publishForgeries } from '@gatehouse/test-kit/forgeries'
import { testNats, testNatsUrl } from '@gatehouse/test-kit/nats'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import t from 'tap'
import { readiness } from '../../src/readiness.ts'
import { mintToken, startGateway } from '../support/fake-platform.ts'

t.test('no forged event voids a token, and a true one does', async (t) => {
  const natsUrl = testNatsUrl()
  const link = await testNats(t, natsUrl)
  const { deps, platform, url } = await startGateway(t, {
    NATS_URL: natsUrl,
    GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE: '0',
  })
  deps.floors.start()
  await waitUntil('the gateway is ready', async () => readinessOf(await readiness(deps)).status !== 'not ready')
  const sid = newId('ses')
  const token = mintToken({ sid })
  const ask = async () => (await fetch(`${url}/v1/me`, { headers: { authorization: `Bearer ${token}` } })).status
  const ended = { session_id: sid, user_id: newId('user'), reason: 'ended_by_user', min_sv: 2 }
  platform.announce('tokens', 'session.ended.v1', { ...ended, session_id: newId('ses') })
  const genuine = platform.producers['tokens']?.events.at(-1) as EventEnvelope
  await publishForgeries({
    link,
    producer: 'tokens',
    genuine,
    forged: (i) => ({
      ...genuine,
      id: newId('evt'),
      type: SessionEnded.type,
      subject: sid,
      position: genuine.position + 1 + (i % 2),
      data: ended,
    }),
  })
  t.equal(await ask(), 200)
  platform.announce('tokens', 'session.ended.v1', ended)
  await waitUntil('the true one has come', async () => (await ask()) === 401)
})
