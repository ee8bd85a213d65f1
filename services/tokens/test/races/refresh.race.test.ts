/**
 * Many at once, over two replicas and one database: one successor, one revocation, one end. `GATEHOUSE_FULL=1` for the
 * full size.
 */
import { hashSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import { isAppError } from '@gatehouse/service-kit/errors/app-error'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import t from 'tap'
import { askOf } from '../../src/domain/choose-organization.ts'
import { refreshSession } from '../../src/use-cases/sessions/refresh-session.ts'
import { keepSigningKeys } from '../../src/use-cases/keys/keep-signing-keys.ts'
import { type Answer, openPlatform, type Replica } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replicas = [await platform.replica(), await platform.replica()] as const
const [one] = replicas
const many = process.env['GATEHOUSE_FULL'] === '1' ? 1000 : 200
const replicaOf = (n: number): Replica => replicas[n % 2] as Replica
const successorsOf = async (token: string) =>
  await platform.admin`select successor.id from refresh_tokens presented join refresh_tokens successor
    on successor.previous_id = presented.id where presented.hash = ${hashSecret(token)}`
const count = (values: unknown[], value: unknown) => values.filter((one) => one === value).length

/** Past the sharing of requests: each call is its own transaction. */
const refreshAlone = async (n: number, token: string): Promise<string> => {
  try {
    const refresh = {
      presented: token,
      clientId: 'gatehouse-web',
      ask: askOf(undefined),
      clientAddress: undefined,
      userAgent: undefined,
      waitedMs: () => 0,
    }
    return (await refreshSession(replicaOf(n).deps, refresh)).refresh_token
  } catch (error) {
    if (isAppError(error)) return error.code
    throw error
  }
}

t.test('16 transactions exchange one token: one successor, and all hold it', async (t) => {
  const { refresh_token: token } = await platform.signIn(one, platform.person().id)
  const got = await Promise.all(Array.from({ length: 16 }, (_, n) => refreshAlone(n, token)))
  t.equal(new Set(got).size, 1)
  t.match(got[0], /^gthr_/)
  t.equal((await successorsOf(token)).length, 1)
})

t.test('many requests over two replicas: one successor, nobody gets another', async (t) => {
  const { refresh_token: token, session_id: sessionId } = await platform.signIn(one, platform.person().id)
  const beganMs = performance.now()
  const answers: Answer[] = await Promise.all(
    Array.from({ length: many }, (_, n) => platform.refresh(replicaOf(n), token)),
  )
  const tookMs = Math.round(performance.now() - beganMs)
  const statuses = answers.map((answer) => answer.status)
  const secrets = new Set(
    answers.filter((answer) => answer.status === 200).map((answer) => answer.body['refresh_token']),
  )
  t.equal(secrets.size, 1)
  t.equal(count(statuses, 200) + count(statuses, 503), many, 'the successor, or "try again"; never "no"')
  t.equal((await successorsOf(token)).length, 1)
  t.same(await platform.announced(one, sessionId), ['session.started.v1'], 'nobody was taken for a thief')
  t.equal((await platform.refresh(one, String([...secrets][0]))).status, 200)
  t.comment(
    `${count(statuses, 200)} got the successor, ${count(statuses, 503)} were asked to try again, in ${tookMs} ms`,
  )
})

t.test('16 transactions bring back a spent token: one revocation, one end, 16 refusals', async (t) => {
  const first = await platform.signIn(one, platform.person().id)
  const second = await platform.refresh(one, first.refresh_token)
  const third = await platform.refresh(one, String(second.body['refresh_token']))
  const got = await Promise.all(Array.from({ length: 16 }, (_, n) => refreshAlone(n, first.refresh_token)))
  t.equal(count(got, 'invalid_refresh_token'), 16)
  t.equal(await refreshAlone(0, String(third.body['refresh_token'])), 'invalid_refresh_token')
  const { events } = await one.deps.spine.changes({ after: 0, limit: 1000 })
  t.equal(
    events.filter((event) => event.type.includes('family.revoked') && event.data['session_id'] === first.session_id)
      .length,
    1,
  )
  t.same(await platform.announced(one, first.session_id), ['session.started.v1', 'session.ended.v1'])
})

t.test('thief and owner at once: whoever is second after the successor was used ends it for both', async (t) => {
  const first = await platform.signIn(one, platform.person().id)
  const second = String((await platform.refresh(one, first.refresh_token)).body['refresh_token'])
  await Promise.all([
    refreshAlone(0, first.refresh_token),
    refreshAlone(1, second),
    refreshAlone(0, second),
    refreshAlone(1, first.refresh_token),
  ])
  // Either every presentation of `first` came before `second` was exchanged, or the family is dead. Never in between.
  const alive = (
    await platform.admin`select 1 from refresh_families where status = 'active' and session_id = (select session_id
      from refresh_tokens where hash = ${hashSecret(second)})`
  ).length
  const kinds = await platform.announced(one, first.session_id)
  t.equal(kinds.includes('session.ended.v1'), alive === 0)
  t.ok((await successorsOf(second)).length <= 1)
})

t.test(
  'an end and 16 exchanges: after the 204 nothing is exchanged, and what was minted before belongs to one successor',
  async (t) => {
    const { id } = platform.person()
    const here = await platform.signIn(one, id)
    const there = await platform.signIn(one, id)
    const end = platform.ask(one, {
      method: 'DELETE',
      url: `/v1/me/sessions/${there.session_id}`,
      token: here.access_token,
    })
    const got = Promise.all(Array.from({ length: 16 }, (_, n) => refreshAlone(n, there.refresh_token)))
    t.equal((await end).status, 204)
    t.equal(await refreshAlone(0, there.refresh_token), 'invalid_refresh_token')
    const secrets = new Set((await got).filter((outcome) => outcome.startsWith('gthr_')))
    t.ok(secrets.size <= 1)
    for (const secret of secrets) t.equal(await refreshAlone(1, secret), 'invalid_refresh_token')
  },
)

t.test('16 ends of one session: one event', async (t) => {
  const { id } = platform.person()
  const here = await platform.signIn(one, id)
  const there = await platform.signIn(one, id)
  const ends = await Promise.all(
    Array.from({ length: 16 }, (_, n) =>
      platform.ask(replicaOf(n), {
        method: 'DELETE',
        url: `/v1/me/sessions/${there.session_id}`,
        token: here.access_token,
      }),
    ),
  )
  t.equal(
    count(
      ends.map((end) => end.status),
      204,
    ),
    16,
  )
  t.same(await platform.announced(one, there.session_id), ['session.started.v1', 'session.ended.v1'])
})

t.test('16 logouts with one refresh token, and 16 exchanges of it: one end, nothing afterwards', async (t) => {
  const { refresh_token: token, session_id: sessionId } = await platform.signIn(one, platform.person().id)
  const exchanges = Promise.all(Array.from({ length: 16 }, (_, n) => refreshAlone(n, token)))
  const logouts = await Promise.all(
    Array.from({ length: 16 }, (_, n) =>
      platform.ask(replicaOf(n), { method: 'POST', url: '/v1/auth/logout', body: { refresh_token: token } }),
    ),
  )
  const statuses = logouts.map(({ status }) => status)
  t.equal(count(statuses, 204) + count(statuses, 503), 16, 'it is over, or "try again"')
  const again = { method: 'POST', url: '/v1/auth/logout', body: { refresh_token: token } } as const
  await waitUntil('one of them is answered', async () => (await platform.ask(one, again)).status === 204)
  for (const secret of (await exchanges).filter((outcome) => outcome.startsWith('gthr_')))
    t.equal(await refreshAlone(0, secret), 'invalid_refresh_token')
  t.same(await platform.announced(one, sessionId), ['session.started.v1', 'session.ended.v1'])
})

t.test('sessions that end each other all end, and nobody waits for ever', async (t) => {
  const { id } = platform.person()
  const all = await Promise.all(Array.from({ length: 8 }, (_, n) => platform.signIn(replicaOf(n), id)))
  const answers = await Promise.all(
    all.map((session, n) =>
      platform.ask(replicaOf(n), { method: 'POST', url: '/v1/me/sessions/revoke-others', token: session.access_token }),
    ),
  )
  t.equal(
    count(
      answers.map((answer) => answer.status),
      204,
    ),
    8,
  )
  for (const session of all)
    t.ok((await platform.announced(one, session.session_id)).filter((kind) => kind === 'session.ended.v1').length <= 1)
})

t.test('16 starts make one signing key of each algorithm', async (t) => {
  await platform.admin`update signing_keys set voided_at = now()`
  await Promise.all(Array.from({ length: 16 }, (_, n) => keepSigningKeys(replicaOf(n).deps)))
  const kept = await platform.admin`select alg from signing_keys where voided_at is null order by alg`
  t.same(
    kept.map(({ alg }) => alg),
    ['ES256', 'RS256'],
  )
  t.equal(replicas[0].deps.keyRing.jwks(new Date()).keys.length, 2)
  t.same(replicas[0].deps.keyRing.jwks(new Date()), replicas[1].deps.keyRing.jwks(new Date()))
})
