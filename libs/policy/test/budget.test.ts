/**
 * The work of decisions is counted, not timed: what is walked is charged, what repeats is remembered, and a spent
 * budget never allows. Lists that report each access show that nothing is walked without being counted.
 */
import t from 'tap'
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import { checkCondition } from '@gatehouse/policy/check/check-condition'
import type { AttributeValues } from '@gatehouse/policy/compile/attributes'
import { createBudget, isSpent, longestStatedList, stepsTaken, type Budget } from '@gatehouse/policy/compile/budget'
import { compileCondition } from '@gatehouse/policy/compile/closure'
import { compilePolicySet, roleSetOf, type PolicySet, type PolicySource } from '@gatehouse/policy/compile/policy-set'
import { decide } from '@gatehouse/policy/decide/decide'
import { explain } from '@gatehouse/policy/explain/explain'
import { suggestChanges } from '@gatehouse/policy/explain/suggest'
import { parseCondition } from '@gatehouse/policy/parse/parse-condition'
import { plan } from '@gatehouse/policy/plan/plan'
import { condition, knownValues, resourceRow } from './generated.ts'
import { conditionOf, schema } from './schema.ts'

const seed = Number(process.env['POLICY_SEED'] ?? 20261130)
const plenty = 1e9

const policyOf = (when: string, effect: 'allow' | 'deny' = 'deny'): PolicySource => ({
  key: 'dear',
  effect,
  scope: 'organization',
  resourceType: 'invoice',
  actions: ['approve'],
  when: conditionOf(when),
})
const setOf = (policies: readonly PolicySource[]): PolicySet =>
  compilePolicySet({
    resourceTypes: [{ key: 'invoice', actions: [{ name: 'approve' }] }],
    roles: [{ key: 'chief', permissions: ['invoice:approve'] }],
    policies,
  })
const question = (set: PolicySet, values: AttributeValues, held: readonly string[] = ['chief']) => ({
  resourceType: 'invoice',
  action: 'approve',
  roles: roleSetOf(set, held),
  values,
})
const texts = (count: number, prefix = 'item'): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`)

/** A list that counts how often an item of it is read. */
function watched(items: readonly string[]): { readonly list: readonly string[]; readonly reads: () => number } {
  let reads = 0
  const list = new Proxy(items, {
    get(target, name, receiver) {
      if (typeof name === 'string' && /^\d+$/.test(name)) reads++
      return Reflect.get(target, name, receiver) as unknown
    },
  })
  return { list, reads: () => reads }
}

/** Every way a condition has to walk a list or a long text, within a quantifier and without. */
const listNames = ['membership.regions', 'resource.tags'] as const
const list = fc.constantFrom(...listNames)
const walks = (item: string): fc.Arbitrary<string> =>
  fc.oneof(
    list.map((name) => `${item} in ${name}`),
    list.map((name) => `!(${item} in ${name})`),
    list.map((name) => `size(${name}) > 3`),
    list.map((name) => `has(${name})`),
    fc.constantFrom('contains', 'startsWith', 'endsWith').map((test) => `${item}.${test}(resource.owner)`),
    fc.constantFrom('contains', 'startsWith', 'endsWith').map((test) => `resource.owner.${test}(resource.department)`),
    fc.constantFrom('<', '==', '!=', '>=').map((operator) => `resource.owner ${operator} resource.department`),
    fc.constant('size(resource.owner) > 2'),
    fc.constant(`${item} in [resource.owner, resource.department, "x"]`),
  )
const joined = (part: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(' && ', ' || '), fc.array(part, { minLength: 1, maxLength: 3 }))
    .map(([operator, parts]) => parts.join(operator))
const walking: fc.Arbitrary<string> = joined(
  fc.oneof(
    walks('user.id'),
    fc
      .tuple(list, fc.constantFrom('exists', 'all'), joined(walks('item')))
      .map(([name, test, body]) => `${name}.${test}(item, ${body})`),
  ),
)
const valuesWith = (regions: readonly string[], tags: readonly string[]): AttributeValues => ({
  user: { id: 'u' },
  membership: { regions },
  resource: { owner: 'a'.repeat(400), department: 'a'.repeat(399), tags },
})

t.test('no item of a list is read without being counted, whatever the condition', async (t) => {
  fc.assert(
    fc.property(walking, fc.integer({ min: 0, max: 300 }), (source, count) => {
      const regions = watched(texts(count))
      const tags = watched(texts(count, 'tag'))
      const budget = createBudget(plenty)
      compileCondition(conditionOf(source))(valuesWith(regions.list, tags.list), budget)
      return regions.reads() + tags.reads() <= 2 * stepsTaken(budget)
    }),
    { numRuns: 500, seed },
  )
  t.pass('reads are bounded by steps')
})

t.test('steps grow with the lists and not with their square', async (t) => {
  const stepsFor = (source: string, count: number): number => {
    const budget = createBudget(plenty)
    compileCondition(conditionOf(source))(valuesWith(texts(count), texts(count, 'tag')), budget)
    return stepsTaken(budget)
  }
  fc.assert(
    fc.property(walking, (source) => stepsFor(source, 2000) <= 2.2 * stepsFor(source, 1000) + 100),
    { numRuns: 500, seed },
  )
  const steps = stepsFor('membership.regions.exists(item, !(item in membership.regions))', 8000)
  t.ok(steps < 10 * 8000, `${steps} steps for 8,000 items`)
})

t.test('text is charged by its length, and a search by the product of both', async (t) => {
  const dear = (when: string, resource: Record<string, string>): boolean => {
    const set = setOf([policyOf(when)])
    return decide(set, question(set, { resource })).reason.code === 'evaluation_too_expensive'
  }
  const half = 'a'.repeat(15_000)
  t.ok(
    dear('resource.owner.contains(resource.department)', { owner: 'a'.repeat(200_000), department: `${half}b${half}` }),
  )
  t.notOk(
    dear('resource.owner.contains(resource.department)', { owner: 'a'.repeat(10_000), department: 'b'.repeat(20) }),
  )
  t.ok(dear('size(resource.owner) > 3', { owner: 'a'.repeat(4_000_000) }))
  t.ok(
    dear('resource.owner < resource.department', { owner: 'a'.repeat(4_000_000), department: 'a'.repeat(4_000_000) }),
  )
})

const sets = fc.record({
  policies: fc.array(
    fc.record({ source: fc.oneof(condition, walking), effect: fc.constantFrom('allow' as const, 'deny' as const) }),
    { minLength: 1, maxLength: 4 },
  ),
  known: knownValues,
  resource: resourceRow,
  isChief: fc.boolean(),
})

t.test(
  'the exact steps give the answer; one fewer, or any other smaller number, gives none and never an allow',
  async (t) => {
    const seen = { allowed: 0, refused: 0 }
    fc.assert(
      fc.property(sets, fc.double({ min: 0, max: 1, noNaN: true }), ({ policies, known, resource, isChief }, share) => {
        const set = setOf(policies.map(({ source, effect }) => policyOf(source, effect)))
        const asked = question(set, { ...known, resource }, isChief ? ['chief'] : [])
        const free = createBudget(plenty)
        const decision = decide(set, asked, free)
        seen[decision.allowed ? 'allowed' : 'refused']++
        const steps = stepsTaken(free)
        const answerWith = (given: number) => decide(set, asked, createBudget(given))
        const tooFew = [steps - 1, Math.floor(steps * share) - 1, 0].filter((given) => given >= 0 && given < steps)
        return (
          JSON.stringify(answerWith(steps)) === JSON.stringify(decision) &&
          tooFew.every(
            (given) => answerWith(given).reason.code === 'evaluation_too_expensive' && !answerWith(given).allowed,
          )
        )
      }),
      { numRuns: 2000, seed },
    )
    t.ok(seen.allowed > 200 && seen.refused > 200, JSON.stringify(seen))
  },
)

t.test('plans and explanations end the same way', async (t) => {
  fc.assert(
    fc.property(sets, ({ policies, known, isChief }) => {
      const set = setOf(policies.map(({ source, effect }) => policyOf(source, effect)))
      const asked = question(set, known, isChief ? ['chief'] : [])
      const least = (answerWith: (budget: Budget) => unknown, isClosed: (answer: never) => boolean): boolean => {
        const free = createBudget(plenty)
        answerWith(free)
        return isClosed(answerWith(createBudget(stepsTaken(free) - 1)) as never) && !isSpent(free)
      }
      return (
        least(
          (budget) => plan(set, asked, budget),
          ({ kind }: { kind: string }) => kind === 'too_expensive',
        ) &&
        least(
          (budget) => explain(set, asked, { budget }),
          ({ decision, policies }: ReturnType<typeof explain>) =>
            decision.reason.code === 'evaluation_too_expensive' && policies.length === 0,
        )
      )
    }),
    { numRuns: 500, seed },
  )
  t.pass('closed with one step too few')
})

t.test('a plan that unfolds a quantifier over another list is bounded', async (t) => {
  const set = setOf([
    policyOf('membership.regions.exists(item, resource.owner in membership.regions && item != "x")', 'allow'),
  ])
  const asked = question(set, { membership: { regions: texts(1000) } }, [])
  t.match(plan(set, asked), { kind: 'too_expensive' })
  t.match(plan(set, { ...asked, values: { membership: { regions: texts(20) } } }), { kind: 'conditional' })
})

t.test('suggestions end with the budget and suggest nothing that was not decided', async (t) => {
  const set = setOf([
    policyOf('membership.regions.all(item, item != "item0") && size(membership.regions) < 9', 'allow'),
  ])
  const asked = question(set, { membership: { regions: texts(longestStatedList) } }, [])
  const all = suggestChanges(set, asked, { budget: createBudget(plenty) })
  t.match(
    all.map(({ kind }) => kind),
    ['role_added', 'membership'],
  )
  for (const steps of [0, 100, 20_000, 500_000]) {
    const budget = createBudget(steps)
    const suggested = suggestChanges(set, asked, { budget })
    t.same(suggested, all.slice(0, suggested.length))
    t.ok(stepsTaken(budget) < steps + 20_000, `${stepsTaken(budget)} of ${steps}`)
  }
})

t.test('questions of one budget read a list they share once', async (t) => {
  const set = setOf([policyOf('membership.regions.exists(item, !(item in membership.regions))')])
  const { list: regions, reads } = watched(texts(1000))
  const budget = createBudget(plenty)
  decide(set, question(set, { membership: { regions } }), budget)
  const first = stepsTaken(budget)
  const readsOfFirst = reads()
  decide(set, question(set, { membership: { regions } }), budget)
  t.ok(stepsTaken(budget) - first < first - 1999, 'the second walks and hashes nothing')
  t.equal(reads() - readsOfFirst, 1000, 'it goes through the items once')
})

t.test('what no decision could afford on long lists is refused when it is checked', async (t) => {
  const check = (source: string) => {
    const parsed = parseCondition(source)
    if (!parsed.ok) throw new Error(parsed.error)
    return checkCondition(parsed.ir, schema)
  }
  const body = (parts: number): string =>
    texts(parts)
      .map((text) => `item != "${text}"`)
      .join(' && ')
  t.match(check(`membership.regions.exists(item, ${body(20)})`), { ok: true })
  t.match(check(`membership.regions.exists(item, ${body(40)})`), {
    ok: false,
    problems: [{ error: /on lists of 1000 items this takes \d+ steps, and at most 100000 are allowed/ }],
  })
  t.match(check(body(60).replaceAll('item ', 'user.id ')), { ok: true }, 'without a quantifier nothing multiplies')
})
