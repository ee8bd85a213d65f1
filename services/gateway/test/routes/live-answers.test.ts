/** Server-sent events through the gateway, with NATS and Redis away: as they come, for as long as the token counts. */
import { EventEmitter } from 'node:events'
import { get, type IncomingMessage, type ServerResponse } from 'node:http'
import { defineRoute } from '@gatehouse/contracts/http/contract'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import t, { type Test } from 'tap'
import { createLiveAnswers } from '../../src/proxy/live-answers.ts'
import { ready } from '../support/client.ts'
import { inOrganization, mintToken } from '../support/fake-platform.ts'
import { claims } from '../support/claims.ts'

const base = { service: 'workers', method: 'GET', auth: 'user', deadlineMs: 1000, summary: 'A test route.' } as const
const News = defineRoute({
  ...base,
  operationId: 'listenToNews',
  path: '/v1/news',
  success: { status: 200, streams: ['text/event-stream'], description: 'Events.' },
})
const Slow = defineRoute({ ...base, operationId: 'slow', path: '/v1/slow', success: { status: 204, description: '-' } })

/** A gateway whose service keeps `/v1/news` open: what it says is up to the test. */
async function newsroom(t: Test) {
  const gateway = await ready(t, {}, [News, Slow])
  const told: ServerResponse[] = []
  gateway.platform.answer = ({ url }, response) => {
    if (url !== '/v1/news') return
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(':\n\n')
    told.push(response)
  }
  /** On a connection of its own, which is gone when the listener leaves. */
  const listen = async (token: string, headers: Record<string, string> = {}) => {
    const request = get(`${gateway.url}/v1/news`, {
      agent: false,
      headers: { authorization: `Bearer ${token}`, ...headers },
    })
    const answer = await new Promise<IncomingMessage>((resolve, reject) =>
      request.once('response', resolve).once('error', reject),
    )
    const heard = { text: '', hasEnded: false, answer, leave: () => request.destroy() }
    answer.setEncoding('utf8').on('data', (piece: string) => (heard.text += piece))
    answer.once('end', () => (heard.hasEnded = true)).on('error', () => undefined)
    return heard
  }
  return { ...gateway, told, listen }
}

t.test('an event is passed on as it comes, beyond the deadline of an answer, until the service ends it', async (t) => {
  const { listen, told, ask, platform } = await newsroom(t)
  const heard = await listen(mintToken(), { 'last-event-id': '41' })
  t.equal(heard.answer.statusCode, 200)
  t.match(heard.answer.headers, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
  t.equal(platform.passed.at(-1)?.headers['last-event-id'], '41')
  told[0]?.write('id: 42\ndata: one\n\n')
  await waitUntil('one small event arrives', () => heard.text.includes('data: one'))
  // Deadlines of one length end in the order in which they began.
  t.match((await ask('/v1/slow', { token: mintToken() })).body, { code: 'deadline_exceeded' })
  told[0]?.write('id: 43\ndata: two\n\n')
  await waitUntil('the next one arrives', () => heard.text.includes('data: two'))
  t.notOk(heard.hasEnded)
  told[0]?.end()
  await waitUntil('the answer has ended', () => heard.hasEnded)
  t.match((await ask('/v1/news', { method: 'HEAD', token: mintToken() })).status, 405, 'nobody listens with a HEAD')
})

t.test('an answer that stays open ends with its token, and the service is told', async (t) => {
  const { listen, told, platform } = await newsroom(t)
  const [sid, orgId] = [newId('ses'), newId('org')]
  const ended = await listen(mintToken({ sid }))
  const inOrg = await listen(mintToken(inOrganization(orgId)))
  const stays = await listen(mintToken())
  const closed = told.map((response) => new Promise((resolve) => response.once('close', resolve)))
  platform.announce('tokens', 'session.ended.v1', { session_id: sid, user_id: newId('user'), min_sv: 2 })
  await waitUntil('the ended session hears no more', () => ended.hasEnded)
  await closed[0]
  platform.announce('orgs', 'organization.suspended.v1', { organization_id: orgId, min_ov: 9 })
  await waitUntil('the members of a suspended organization hear no more', () => inOrg.hasEnded)
  await closed[1]
  t.notOk(stays.hasEnded)
  stays.leave()
  await closed[2]
})

t.test('answers that stay open end when the gateway closes', async (t) => {
  const { listen, app } = await newsroom(t)
  const heard = await listen(mintToken())
  await app.close()
  await waitUntil('the answer has ended as a whole', () => heard.hasEnded)
})

t.test('one person has a bounded number of them, and a place is free again when a listener leaves', async (t) => {
  const { listen } = await newsroom(t)
  const token = mintToken()
  const all = []
  for (let i = 0; i < 8; i += 1) all.push(await listen(token))
  t.same(
    all.map(({ answer }) => answer.statusCode),
    Array(8).fill(200),
  )
  const refused = await listen(token)
  t.equal(refused.answer.statusCode, 429)
  t.ok(refused.answer.headers['retry-after'])
  t.equal((await listen(mintToken({ sub: newId('user') }))).answer.statusCode, 200, 'somebody else has their own')
  all[0]?.leave()
  await waitUntil('the place is free', async () => (await listen(token)).answer.statusCode === 200)
})

t.test('an answer ends when its token expires, or when nobody can say whether it still counts', async (t) => {
  const state = { now: 1_000, isCurrent: true, ended: 0 }
  const live = createLiveAnswers({
    accessTokens: { peek: () => ({ claims, kid: 'k1' }) },
    floors: { isVoid: () => false, isCurrentFor: () => state.isCurrent, whenRaised: () => undefined },
    clock: { now: () => new Date(state.now), monotonicMs: () => 0 },
  })
  const raw = Object.assign(new EventEmitter(), { destroy: () => undefined })
  t.teardown(() => raw.emit('close'))
  const open = () => live.open({ claims, accessToken: 't' } as never, { raw } as never)(() => (state.ended += 1))
  open()
  t.equal(state.ended, 0)
  // `exp` is 2, and clocks may differ by five seconds.
  state.now = 7_000
  await waitUntil('it ends at its expiry', () => state.ended > 0)
  state.now = 1_000
  const before = state.ended
  state.isCurrent = false
  open()
  t.equal(state.ended, before + 1, 'what is over before it began ends at once')
})
