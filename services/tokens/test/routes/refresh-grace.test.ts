/** The grace of `POST /v1/auth/refresh`, presented from more than one place. */
import { internalHeaders } from '@gatehouse/contracts/common/services'
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { maxRepeatsElsewhere, maxSharedExchanges } from '../../src/domain/token-family.ts'
import { openPlatform } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { signIn, person } = platform
const browser = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36'
type From = { address?: string; userAgent?: string }
const present = async (token: string, { address = '203.0.113.7', userAgent = browser }: From = {}) => {
  const { status, body } = await platform.ask(replica, {
    method: 'POST',
    url: '/v1/auth/refresh',
    body: { refresh_token: token },
    headers: { [internalHeaders.clientAddress]: address, [internalHeaders.userAgent]: userAgent },
  })
  return { status, token: String(body['refresh_token']) }
}
const thief = { address: '198.51.100.9' }
const familyEvents = async (sessionId: string) => {
  await replica.deps.spine.sequence()
  const rows = await platform.admin<{ subject: string; payload: Record<string, unknown> }[]>`
    select subject, payload from outbox where payload->>'session_id' = ${sessionId}
      or payload->'data'->>'session_id' = ${sessionId} order by position`
  return rows.map(({ subject }) => subject.replace('gatehouse.tokens.', '')).filter((kind) => !kind.includes('rotated'))
}

t.test('a thief who follows every exchange within the grace is recorded each time, and ends it', async (t) => {
  const first = await signIn(replica, person().id)
  let token = first.refresh_token
  for (let n = 1; n <= maxSharedExchanges; n++) {
    const owner = await present(token)
    const copy = await present(token, thief)
    t.same([owner.status, copy.status, copy.token], [200, 200, owner.token], `exchange ${n}: both go on`)
    token = owner.token
  }
  const last = await present(token)
  t.equal(last.status, 200)
  t.equal((await present(token, thief)).status, 401, 'the alarm')
  t.equal((await present(last.token)).status, 401, 'nobody can tell the thief from the owner')
  t.same(await familyEvents(first.session_id), [
    'session.started.v1',
    ...Array.from({ length: maxSharedExchanges }, () => 'family.repeated_elsewhere.v1'),
    'family.revoked.v1',
    'session.ended.v1',
  ])
})

t.test('the same when the thief goes first, and when only the kind of device differs', async (t) => {
  for (const other of [thief, { userAgent: 'curl/8.5' }]) {
    let token = (await signIn(replica, person().id)).refresh_token
    let statuses: number[] = []
    for (let n = 0; n <= maxSharedExchanges; n++) {
      const [one, two] = n % 2 === 0 ? [other, {}] : [{}, other]
      statuses = [(await present(token, one)).status, (await present(token, two)).status]
      const [row] = await platform.admin<{ repeats_elsewhere: number }[]>`
        select repeats_elsewhere from refresh_tokens where used_at is not null order by used_at desc limit 1`
      if (n < maxSharedExchanges) {
        t.same([...statuses, row?.repeats_elsewhere], [200, 200, 1])
        token = (await present(token, one)).token
      }
    }
    t.same(statuses, [200, 401])
  }
})

t.test('one token is repeated from elsewhere a few times and no more', async (t) => {
  const { refresh_token: token } = await signIn(replica, person().id)
  t.equal((await present(token)).status, 200)
  const answers = []
  for (let n = 0; n <= maxRepeatsElsewhere; n++)
    answers.push((await present(token, { address: `198.51.${n}.1` })).status)
  t.same(answers, [...Array.from({ length: maxRepeatsElsewhere }, () => 200), 401])
})

t.test(
  'somebody who changes networks now and then stays signed in; an exchange that is not shared begins anew',
  async (t) => {
    const { refresh_token, session_id: sessionId } = await signIn(replica, person().id)
    let token = refresh_token
    for (let n = 0; n < 4 * maxSharedExchanges; n++) {
      const address = `203.0.${n}.7`
      const next = await present(token, { address })
      t.equal(next.status, 200)
      // Every third answer is lost on the way from one network to the next.
      if (n % 3 === 0) t.equal((await present(token, { address: `203.0.${n + 1}.7` })).token, next.token)
      token = next.token
    }
    const [family] = await platform.admin<{ shared_exchanges: number }[]>`
    select shared_exchanges from refresh_families where session_id = ${uuidOf(sessionId)}`
    t.ok((family?.shared_exchanges ?? 9) <= 1)
  },
)

t.test('two presenters at the very same time are told apart', async (t) => {
  const { refresh_token: token, session_id: sessionId } = await signIn(replica, person().id)
  const both = await Promise.all([present(token), present(token, thief), present(token), present(token, thief)])
  t.same(new Set(both.map(({ status }) => status)), new Set([200]))
  t.equal(new Set(both.map(({ token: got }) => got)).size, 1)
  t.same(await familyEvents(sessionId), ['session.started.v1', 'family.repeated_elsewhere.v1'])
})
