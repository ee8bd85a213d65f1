/**
 * No request costs more than its budget: steps are counted, others are let go first, and work ends when nobody waits
 * for it.
 */
import t from 'tap'
import { longestStatedList, stepsPerEvaluation } from '@gatehouse/policy/compile/budget'
import { verifyAccessToken } from '@gatehouse/test-kit/verify-token'
import { decideForCaller } from '../../src/access/decide-for-caller.ts'
import { evaluateMany } from '../../src/use-cases/decisions/evaluate-many.ts'
import { stepsPerTurn } from '@gatehouse/service-kit/concurrency/turns'
import { createRequestBudget, stepsPerRequest } from '../../src/access/request-budget.ts'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import { listDecisions } from '../../src/store/decisions.ts'
import { openPlatform } from '../fixtures/platform.ts'
import { accountToken, giveRoles, makeAccount } from '../fixtures/service-accounts.ts'
import { principalCaller, isOrgCaller } from '@gatehouse/access/callers/caller'

const platform = await openPlatform(t)
const replica = await platform.replica({ sampleRate: 1 })
const { org, owner } = await platform.withInvoices(replica)
const account = makeAccount(platform, org.id)
await giveRoles(platform, replica, { account, roles: ['evaluator', 'invoice-reader'], by: owner })
const token = accountToken(platform, account)
const { status } = await platform.ask(replica, {
  method: 'POST',
  url: `/v1/organizations/${org.id}/policies`,
  token: platform.tokenOf(owner),
  body: {
    key: 'hostile',
    effect: 'deny',
    resource_type: 'invoice',
    actions: ['read'],
    when: 'request.amr.exists(x, !(x in request.amr))',
  },
})
const texts = (length: number, name = 'n') => Array.from({ length }, (_, index) => `${name}${index}`)
const subject = { type: 'service_account', id: account.id }
const questions = (count: number, contextOf: (nth: number) => Record<string, unknown> | undefined) =>
  Array.from({ length: count }, (_, nth) => ({
    subject,
    action: { name: 'read' },
    resource: { type: 'invoice', id: String(nth) },
    ...(contextOf(nth) && { context: contextOf(nth) }),
  }))
const many = (body: object) => platform.ask(replica, { method: 'POST', url: '/access/v1/evaluations', token, body })
const caller = async () => {
  const found = principalCaller((await verifyAccessToken(replica.deps.accessTokens, token)).claims, token)
  if (!isOrgCaller(found)) throw new Error('the account acts for no organization')
  return found
}

t.test('a list has a longest length, and no list of that length makes a batch dear', async (t) => {
  t.equal(status, 201)
  // A service account that asks about itself says nothing of how it signed in, so others are asked about.
  const about = { type: 'user', id: owner.id }
  const tooLong = await many({
    subject: about,
    context: { amr: texts(8000) },
    evaluations: questions(40, () => undefined).map(({ subject: _, ...one }) => one),
  })
  t.equal(tooLong.status, 200)
  t.match((tooLong.body['evaluations'] as object[])[0], {
    decision: false,
    context: { reason: { code: 'invalid_attribute' } },
  })
  const long = await many({
    subject: about,
    context: { amr: texts(longestStatedList) },
    evaluations: questions(40, () => undefined).map(({ subject: _, ...one }) => one),
  })
  t.equal(long.status, 200)
  t.match((long.body['evaluations'] as object[])[39], { decision: true })
})

t.test('422: questions that take more than the budget of a request are not answered', async (t) => {
  const evaluations = Array.from({ length: 1000 }, (_, nth) => ({ resource: { type: 'invoice', id: String(nth) } }))
  const about = { subject: { type: 'user', id: owner.id }, action: { name: 'read' } }
  const context = { amr: texts(longestStatedList) }
  t.equal((await many({ ...about, context, evaluations: evaluations.slice(0, 100) })).status, 200)
  t.match(await many({ ...about, context, evaluations }), { status: 422, body: { code: 'evaluation_too_expensive' } })
})

t.test('a request gives way to others after each turn, and ends when nobody waits for it', async (t) => {
  const about = { type: 'user', id: owner.id }
  const request = {
    evaluations: questions(300, (nth) => ({ amr: texts(300, `${nth}-`) })).map((one) => ({ ...one, subject: about })),
  }
  let others = 0
  const timer = setInterval(() => (others += 1), 0)
  const asker = await caller()
  await evaluateMany(replica.deps, asker, { request })
  clearInterval(timer)
  t.ok(others >= 2, `others ran ${others} times meanwhile`)
  const gone = new AbortController()
  gone.abort(new Error('the client has gone'))
  await t.rejects(evaluateMany(replica.deps, asker, { request, signal: gone.signal }), {
    message: 'the client has gone',
  })
  t.equal(
    (
      await decideForCaller(
        replica.deps,
        asker,
        questions(3, () => undefined),
      )
    ).length,
    3,
  )
})

t.test('the budget of a request: what each decision may take, turns, and the end', async (t) => {
  const budget = createRequestBudget({ key: org.id })
  let decisions = 0
  const decideDearly = () => {
    budget.budget.left -= stepsPerTurn / 2
    budget.settle()
    decisions += 1
  }
  decideDearly()
  t.notOk(budget.isTurnOver())
  decideDearly()
  t.ok(budget.isTurnOver())
  await budget.nextTurn()
  t.notOk(budget.isTurnOver())
  t.equal(budget.turnsTaken, 1)
  t.throws(
    () => {
      while (decisions < 1000) decideDearly()
    },
    { code: 'evaluation_too_expensive' },
  )
  t.equal(decisions, Math.floor(stepsPerRequest / (stepsPerTurn / 2 + 100)))
  const one = createRequestBudget({ key: org.id })
  one.budget.left -= stepsPerEvaluation + 1
  t.throws(() => one.settle(), { code: 'evaluation_too_expensive' }, 'no single decision takes it all')
})

t.test(
  'a thousand questions that share 50 kB are recorded by their size: what is long is left out by name',
  async (t) => {
    const shared = (department: string) =>
      platform.askAtOnce(replica, {
        method: 'POST',
        url: '/access/v1/evaluations',
        token,
        body: {
          subject,
          action: { name: 'read' },
          resource: { type: 'invoice', id: '1', properties: { department, amount: 7 } },
          evaluations: Array.from({ length: 1000 }, () => ({ context: {} })),
        },
      })
    const recorded = async () => {
      await replica.deps.decisions.flush()
      const about = [{ resourceType: 'invoice', actions: ['read'] }]
      const rows = await inScope(replica.deps.db, { orgId: org.id }, (tx) =>
        listDecisions(tx, {
          orgId: org.id,
          about,
          since: undefined,
          until: undefined,
          after: undefined,
          limit: 10_000,
        }),
      )
      const those = rows.filter(({ attributes }) => attributes['resource']?.['amount'] === 7)
      return { count: those.length, bytes: JSON.stringify(those).length, first: those[0] }
    }
    t.equal((await shared('x'.repeat(50_000))).status, 200)
    const long = await recorded()
    t.equal(long.count, 1000)
    t.match(long.first, { withheld: ['resource.department'] })
    t.ok(long.bytes < 1_000_000, `${long.bytes} bytes of 50 MB that were decided on`)
    t.equal((await shared('x'.repeat(500))).status, 200)
    const all = await recorded()
    t.equal(all.count, 2000, 'none is dropped')
    t.ok(all.bytes - long.bytes > 500_000, 'what is short is kept')
  },
)
