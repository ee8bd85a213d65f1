/**
 * Whatever is asked, and however oddly: never an error of ours, and the same answer over every store of facts: over the
 * cache and from memory alone, which the fixture compares, over an empty cache, and as of this moment from the rows of
 * the past. `AUTHZ_QUESTIONS` makes it longer, `AUTHZ_SEED` repeats a run.
 */
import t from 'tap'
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import { isDeepStrictEqual } from 'node:util'
import { openPlatform, type Answer } from '../fixtures/platform.ts'
import { accountToken, giveRoles, makeAccount } from '../fixtures/service-accounts.ts'

const seed = Number(process.env['AUTHZ_SEED'] ?? 20_261_127)
const numRuns = Number(process.env['AUTHZ_QUESTIONS'] ?? 600)

const platform = await openPlatform(t)
const replica = await platform.replica()
const { org, owner } = await platform.withInvoices(replica)
const clerk = platform.join(org, platform.person(), {
  roles: ['invoice-clerk'],
  attributes: { department: 'sales', limit: 10 },
})
const stranger = platform.join(platform.organization(), platform.person(), { isOwner: true })
const account = makeAccount(platform, org.id)
const given = await giveRoles(platform, replica, { account, roles: ['evaluator', 'invoice-reader'], by: owner })
if (given.status !== 200) throw new Error(`the account has no roles: ${JSON.stringify(given.body)}`)

const stepUp = { type: 'step_up', acr_values: ['urn:mfa'], max_age: 300 }
const policies = [
  {
    key: 'strong',
    effect: 'deny',
    resource_type: 'invoice',
    actions: ['create'],
    when: 'resource.locked && request.acr == "1"',
    obligation: stepUp,
  },
  {
    key: 'on-request',
    effect: 'allow',
    resource_type: 'invoice',
    actions: ['approve'],
    when: 'resource.department == "law"',
    obligation: { type: 'access_request' },
  },
]
const made = [
  ...policies.map((body) => ({ method: 'POST' as const, url: `/v1/organizations/${org.id}/policies`, body })),
  { method: 'PUT' as const, url: '/v1/authz/entities/invoice/7', body: { attributes: { locked: true, risk: 'high' } } },
]
for (const one of made) {
  const { status, body } = await platform.ask(replica, { ...one, token: platform.tokenOf(owner) })
  if (status >= 300) throw new Error(`${one.url}: ${JSON.stringify(body)}`)
}

const odd = fc.oneof(
  fc.constantFrom('', '__proto__', 'constructor', 'toString', '"', '\\', '\u2028', '\u0000', '\ud800', 'x'.repeat(257)),
  fc.string({ unit: 'binary' }),
)
/** Mostly one of these; now and then anything. */
const mostly = (...words: string[]) =>
  fc.oneof(
    { weight: 40, arbitrary: fc.constantFrom<unknown>(...words) },
    { weight: 1, arbitrary: odd },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  )
const rightly = fc.record(
  { amount: fc.integer({ min: 0, max: 20 }), department: fc.constantFrom('sales', 'law'), locked: fc.boolean() },
  { requiredKeys: [] },
)
const wrongly = fc.dictionary(
  fc.oneof(
    fc.constantFrom(
      'amount',
      'department',
      'locked',
      'risk',
      'id',
      'type',
      'limit',
      'email_verified',
      'time',
      'ip',
      'acr',
    ),
    odd,
  ),
  fc.jsonValue({ maxDepth: 2 }),
  { maxKeys: 4 },
)
const properties = fc.option(fc.oneof({ weight: 8, arbitrary: rightly }, { weight: 1, arbitrary: wrongly }), {
  nil: undefined,
})
/** Whoever asks, once it is known who that is. */
const self = { type: 'user', id: 'self' }
const named = fc.constantFrom(
  self,
  self,
  self,
  self,
  { type: 'user', id: clerk.id },
  { type: 'user', id: owner.id },
  { type: 'user', id: stranger.id },
  { type: 'service_account', id: account.id },
)
const misnamed = fc.record({ type: mostly('user', 'service_account', 'robot'), id: mostly(clerk.id, org.id, 'nobody') })
const member = fc.oneof(
  { weight: 8, arbitrary: named },
  { weight: 1, arbitrary: misnamed },
  { weight: 1, arbitrary: fc.tuple(named, properties).map(([one, properties]) => ({ ...one, properties })) },
)
const resource = fc.record(
  { type: mostly('invoice', 'invoice', 'invoice', 'gatehouse', 'planet'), id: mostly('1', '7', org.id), properties },
  { requiredKeys: ['type', 'id'] },
)
const context = fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: wrongly })
const action = fc.record(
  { name: mostly('read', 'create', 'approve', 'purge', 'roles.read', 'fly'), properties: context },
  { requiredKeys: ['name'] },
)
const single = fc.record(
  { subject: member, action, resource, context },
  { requiredKeys: ['subject', 'action', 'resource'] },
)
const partly = fc.record({ subject: member, action, resource, context }, { requiredKeys: [] })
const evaluations = fc.array(
  fc.oneof({ weight: 9, arbitrary: partly }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 1 }) }),
  { maxLength: 6 },
)
const semantic = mostly('execute_all', 'deny_on_first_deny', 'permit_on_first_permit')
const many = fc
  .tuple(
    fc.oneof(single, partly),
    evaluations,
    fc.option(fc.record({ evaluations_semantic: semantic }), { nil: undefined }),
  )
  .map(([top, items, options]) => ({ ...top, evaluations: items, ...(options && { options }) }))
const asked = fc.oneof(
  single.map((body) => ({ url: '/access/v1/evaluation', body: body as object })),
  many.map((body) => ({ url: '/access/v1/evaluations', body: body as object })),
)
const asker = fc.constantFrom(
  ...[clerk, owner].map((person) => ({ is: { type: 'user', id: person.id }, token: platform.tokenOf(person) })),
  ...[{}, { scope: 'gatehouse:*' }, { scope: 'invoice:read' }].map((more) => ({
    is: { type: 'service_account', id: account.id },
    token: accountToken(platform, account, more),
  })),
)

/** On a machine with much else to do a replica may not be current for a moment: then the question waits. */
async function askCurrent(asked: { url: string; token: string; body: object }): Promise<Answer> {
  const answer = await platform.ask(replica, { method: 'POST', ...asked })
  if (answer.body['code'] !== 'not_current') return answer
  await Promise.all(Object.values(replica.deps.following).map((follower) => follower.pollNow()))
  return askCurrent(asked)
}

const isSame = (one: Answer, other: Answer): boolean =>
  one.status === other.status && (one.status !== 200 || isDeepStrictEqual(decisionsIn(one), decisionsIn(other)))
const decisionsIn = ({ body }: Answer): unknown => {
  const { decision, evaluations, context } = body as {
    decision?: boolean
    evaluations?: unknown
    context: { reason?: unknown }
  }
  return { decision, evaluations, reason: context.reason }
}

/** @throws Error when an empty cache, or the rows as of now, give another answer */
async function requireSameEverywhere(
  asked: { url: string; token: string; body: object },
  answer: Answer,
): Promise<void> {
  replica.deps.factCache.dropAll()
  const loaded = await askCurrent(asked)
  if (!isSame(loaded, answer))
    throw new Error(`loaded anew: ${JSON.stringify(loaded.body)}; before: ${JSON.stringify(answer.body)}`)
  const { context } = asked.body as { context?: unknown }
  if (typeof context !== 'object' && context !== undefined) return
  const at = new Date().toISOString()
  const body = { ...asked.body, context: { ...context, at } }
  const past = await askCurrent({ ...asked, body })
  const items = (asked.body as { evaluations?: { context?: unknown }[] }).evaluations ?? []
  if (items.some((item) => typeof item === 'object' && item?.context !== undefined)) return
  if (!isSame(past, answer))
    throw new Error(`as of ${at}: ${JSON.stringify(past.body)}; now: ${JSON.stringify(answer.body)}`)
}

t.test(`${numRuns} questions, sensible and not`, { timeout: 600_000 }, async (t) => {
  const statuses = new Map<number, number>()
  const told = new Map<unknown, number>()
  const count = <K>(map: Map<K, number>, key: K): void => void map.set(key, (map.get(key) ?? 0) + 1)
  await fc.assert(
    fc.asyncProperty(asked, asker, async ({ url, body: written }, { is, token }) => {
      const body = JSON.parse(JSON.stringify(written, (_, value: unknown) => (value === self ? is : value))) as object
      const answer = await askCurrent({ url, token, body })
      count(statuses, answer.status)
      await requireSameEverywhere({ url, token, body }, answer)
      const answers = (answer.body['evaluations'] ?? [answer.body]) as {
        decision: boolean
        context?: { obligation?: { type: string } }
      }[]
      if (answer.status === 200)
        for (const { decision, context } of answers)
          [decision, context?.obligation?.type ?? 'no obligation'].forEach((one) => count(told, one))
      if (![200, 400].includes(answer.status))
        throw new Error(`${answer.status} ${JSON.stringify(answer.body)} to ${url} ${JSON.stringify(body)}`)
    }),
    { seed, numRuns },
  )
  t.comment(
    `seed ${seed}: statuses ${JSON.stringify([...statuses])}, decisions and obligations ` +
      `${[...told].map(([what, times]) => `${String(what)} ${times}`).join(', ')}`,
  )
  for (const decision of [true, false]) t.ok((told.get(decision) ?? 0) > numRuns / 20, `${decision} is not rare`)
  for (const type of ['step_up', 'access_request']) t.ok(told.has(type), `${type} is told`)
  t.ok((statuses.get(400) ?? 0) > numRuns / 20)
})
