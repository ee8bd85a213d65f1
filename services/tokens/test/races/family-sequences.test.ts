/**
 * Generated lives of a refresh family against the real thing: what the pure rules say must be what the database did.
 */
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import t from 'tap'
import { type Answer, openPlatform } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const runs = process.env['GATEHOUSE_FULL'] === '1' ? 300 : 25
const dayAndMore = 14 * 86_400 + 1
/** The longest there is: a life takes longer than the usual one on a busy machine. */
const graceSeconds = 60
await platform.admin`update clients set refresh_grace_seconds = ${graceSeconds}`

type Step = { do: 'present'; back: number; twice: boolean } | { do: 'age'; seconds: number } | { do: 'end' }
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('present' as const), back: fc.nat(2), twice: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('age' as const),
      seconds: fc.constantFrom(3, 2 * graceSeconds, dayAndMore),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('end' as const) }) },
)

/** On a busy machine a projection may be stale for a moment: 503 says "again", and a client does. */
async function present(token: string): Promise<Answer> {
  for (;;) {
    const answer = await platform.refresh(replica, token)
    if (answer.status !== 503) return answer
  }
}

/**
 * What must come of it, told by a model far simpler than the code: a list of tokens and the age of the last exchange.
 */
async function live(steps: Step[]): Promise<string | undefined> {
  const { id } = platform.person()
  const watcher = await platform.signIn(replica, id)
  const first = await platform.signIn(replica, id)
  const chain = [first.refresh_token]
  let dead = false
  let idleSeconds = 0
  let sinceExchange = Infinity
  for (const one of steps) {
    if (one.do === 'age') {
      await platform.age(first.session_id, one.seconds)
      idleSeconds += one.seconds
      sinceExchange += one.seconds
      continue
    }
    if (one.do === 'end') {
      const { status } = await platform.ask(replica, {
        method: 'DELETE',
        url: `/v1/me/sessions/${first.session_id}`,
        token: watcher.access_token,
      })
      if (status !== 204) return `ending answered ${status}`
      dead = true
      continue
    }
    const at = Math.max(0, chain.length - 1 - one.back)
    const token = chain[at] as string
    const answers: Answer[] = await Promise.all(Array.from({ length: one.twice ? 2 : 1 }, () => present(token)))
    const isHead = at === chain.length - 1
    const isRepeat = at === chain.length - 2 && sinceExchange < graceSeconds
    const expected = !dead && (isHead || isRepeat) && idleSeconds < dayAndMore ? 200 : 401
    if (expected === 401) dead = true
    if (answers.some((answer) => answer.status !== expected))
      return `${JSON.stringify(one)}: ${answers.map((answer) => answer.status).join()} instead of ${expected}`
    if (expected === 401) continue
    const got = new Set(answers.map((answer) => String(answer.body['refresh_token'])))
    if (got.size !== 1) return 'two successors'
    const [successor] = got
    if (isRepeat && successor !== chain.at(-1)) return 'a repeat got another successor'
    if (isHead) {
      chain.push(successor as string)
      sinceExchange = 0
    }
    idleSeconds = 0
  }
  return await checkRows(first.session_id, { tokens: chain.length, dead })
}

async function checkRows(sessionId: string, o: { tokens: number; dead: boolean }): Promise<string | undefined> {
  const id = uuidOf(sessionId)
  const [row] = await platform.admin`
    select count(*)::int as tokens, count(*) filter (where used_at is null)::int as heads,
      count(successor_sealed)::int as sealed,
      (select status from sessions where id = ${id}) as session from refresh_tokens where session_id = ${id}`
  if (row?.['tokens'] !== o.tokens) return `${row?.['tokens']} tokens instead of ${o.tokens}`
  if (row['heads'] !== 1) return `${row['heads']} heads`
  if (row['sealed'] > 1) return 'more than one sealed copy'
  if ((row['session'] === 'ended') !== o.dead) return `the session is ${row['session']}`
  const kinds = await platform.announced(replica, sessionId)
  const ends = kinds.filter((kind) => kind === 'session.ended.v1').length
  return ends === (o.dead ? 1 : 0) ? undefined : `${ends} ends announced`
}

t.test(`${runs} lives in generated order`, async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
      const wrong = await live(steps)
      if (wrong !== undefined) throw new Error(wrong)
    }),
    { numRuns: runs, endOnFailure: true },
  )
  t.pass()
})
