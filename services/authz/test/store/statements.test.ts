/**
 * What a decision asks of PostgreSQL: nothing, once its facts are in memory. Counted on the wire, with everything that
 * runs in the background.
 */
import { adminUrl } from '@gatehouse/test-kit/database'
import { startStatementCounter } from '@gatehouse/test-kit/statement-counter'
import t from 'tap'
import { openPlatform } from '../fixtures/platform.ts'

const counter = await startStatementCounter(t, adminUrl())
const platform = await openPlatform(t, { through: counter.through })
const replica = await platform.replica()
const { org, owner } = await platform.withInvoices(replica)
const member = platform.join(org, platform.person(), { roles: ['member'] })

const asked = (ids: readonly string[]) => ({
  method: 'POST' as const,
  url: '/access/v1/evaluations',
  token: platform.tokenOf(owner),
  body: {
    action: { name: 'read' },
    resource: { type: 'invoice', id: 'inv-1' },
    evaluations: ids.map((id) => ({ subject: { type: 'user', id } })),
  },
})
const one = (id: string) => ({
  method: 'POST' as const,
  url: '/access/v1/evaluation',
  token: platform.tokenOf(owner),
  body: { subject: { type: 'user', id }, action: { name: 'read' }, resource: { type: 'invoice', id: 'inv-1' } },
})
const rounds = 100

/** Statements about facts and models; upkeep and the readers of neighbours' news go on by the clock. */
const aboutDecisions = (texts: readonly string[]): string[] =>
  texts.filter((text) => /\b(assignments|roles|policies|entities|groups|catalog|memberships|users)\b/.test(text))

t.test('an evaluation that is known asks nothing of PostgreSQL, alone or a hundred in one request', async (t) => {
  t.match(await platform.ask(replica, one(owner.id)), { status: 200, body: { decision: true } })
  t.equal((await platform.ask(replica, asked([owner.id, member.id]))).status, 200)
  const { texts } = await counter.during(async () => {
    for (let n = 0; n < rounds; n += 1) {
      t.equal((await platform.askAtOnce(replica, one(owner.id))).status, 200)
      t.equal((await platform.askAtOnce(replica, asked([owner.id, member.id]))).status, 200)
    }
  })
  t.same(aboutDecisions(texts), [])
})

t.test('somebody who is asked about for the first time costs some statements, and the second time none', async (t) => {
  const another = platform.join(org, platform.person(), { roles: ['member'] })
  await replica.deps.following.orgs.pollNow()
  const first = await counter.during(() => platform.askAtOnce(replica, one(another.id)))
  t.ok(aboutDecisions(first.texts).length <= 8, aboutDecisions(first.texts).join('\n'))
  const second = await counter.during(() => platform.askAtOnce(replica, one(another.id)))
  t.same(aboutDecisions(second.texts), [])
})
