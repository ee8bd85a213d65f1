/**
 * Lint: what is odd about one condition, and about a policy beside others; only what is certain, and its work is
 * counted.
 */
import t from 'tap'
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import type { AttributeValues } from '@gatehouse/policy/compile/attributes'
import { createBudget, stepsPerEvaluation, stepsTaken } from '@gatehouse/policy/compile/budget'
import { compilePolicySet, roleSetOf, type PolicySource, type PolicySet } from '@gatehouse/policy/compile/policy-set'
import { decide } from '@gatehouse/policy/decide/decide'
import { lintCondition } from '@gatehouse/policy/lint/lint-condition'
import { lintPolicy, stepsPerLint, type PolicyFinding } from '@gatehouse/policy/lint/lint-policy'
import { condition, knownValues, resourceRow } from './generated.ts'
import { conditionOf } from './schema.ts'

const resourceTypes = [
  { key: 'invoice', actions: [{ name: 'read' }, { name: 'approve' }] },
  { key: 'gatehouse', actions: [{ name: 'policies.write' }], repairRole: 'owner' },
]
const roles = [
  { key: 'reader', permissions: ['invoice:read'] },
  { key: 'clerk', permissions: [], inherits: ['reader'] },
  { key: 'owner', permissions: ['*:*'] },
]
type Written = Omit<Partial<PolicySource>, 'when'> & { when?: string }
const policy = ({ when, ...rest }: Written): PolicySource => ({
  key: 'p',
  scope: 'organization',
  effect: 'allow',
  resourceType: 'invoice',
  actions: ['approve'],
  ...rest,
  ...(when === undefined ? {} : { when: conditionOf(when) }),
})
const asking = (set: PolicySet, held: string[], values: AttributeValues = {}) => ({
  resourceType: 'invoice',
  action: 'approve',
  roles: roleSetOf(set, held),
  values,
})

t.test('lint names parts that have only one answer, and what no list can be filtered by', async (t) => {
  const found = (source: string) => lintCondition(conditionOf(source)).map(({ code, at }) => `${code} ${at}`)
  t.same(found('resource.amount < 5 && 1 == 1'), ['always_true 24'])
  t.same(found('resource.locked || true'), ['always_true 0'])
  t.same(found('resource.locked && !true'), ['always_false 0'])
  t.same(found('resource.owner in []'), ['always_false 15'])
  t.same(found('true'), ['always_true 0'])
  t.same(found('has(resource.owner) || [].all(x, x == 1)'), ['always_true 0'])
  t.same(found('"a".startsWith("b") || resource.locked'), ['always_false 3'])
  t.same(found('duration("1h") > duration("59m") && inCidr("10.0.0.1", "10.0.0.0/8") && resource.locked'), [
    'always_true 14',
    'always_true 36',
  ])
  t.same(found('resource.amount < 5 || !(resource.amount < 5)'), [], 'unknown when there is no amount')
  t.same(found('resource.tags.exists(x, x == user.id)'), ['not_filterable 13'])
  t.same(found('inCidr(resource.ip, "10.0.0.0/8")'), ['not_filterable 0'])
  t.same(found('[resource.ip].exists(a, inCidr(a, "10.0.0.0/8"))'), ['not_filterable 24'])
  t.same(found('[request.ip].exists(a, inCidr(a, "10.0.0.0/8")) && membership.regions.all(r, r == resource.owner)'), [])
  t.same(found('resource.owner == "\\u0000"'), ['not_filterable 18'])
})

t.test('what lint calls always so is always so', async () => {
  fc.assert(
    fc.property(condition, knownValues, resourceRow, (source, known, resource) => {
      const whole = lintCondition(conditionOf(source)).find(({ message }) => message.startsWith('the condition'))
      const set = compilePolicySet({ resourceTypes, roles, policies: [policy({ when: source })] })
      return !whole || decide(set, asking(set, [], { ...known, resource })).allowed === (whole.code === 'always_true')
    }),
    { numRuns: 3000 },
  )
})

const lintAll = (policies: readonly PolicySource[]): PolicyFinding[] =>
  policies.flatMap((one) => lintPolicy(one, { resourceTypes, roles, policies }))

t.test('lint names rules that can never matter', async (t) => {
  const found = (...policies: Written[]) =>
    lintAll(policies.map(policy)).map(({ policy, code, by }) =>
      [policy, code, ...(by === undefined ? [] : [by])].join(' '),
    )
  t.same(found({ key: 'a', when: 'resource.locked' }, { key: 'b' }), ['a shadowed b'])
  t.same(found({ key: 'a' }, { key: 'b' }), ['b shadowed a'], 'of two alike the later')
  t.same(
    found({ key: 'a', roles: ['clerk'] }, { key: 'b', roles: ['reader'] }),
    ['a shadowed b'],
    'a clerk is a reader',
  )
  t.same(found({ key: 'a', roles: ['reader'] }, { key: 'b', roles: ['clerk'] }), ['b shadowed a'])
  t.same(found({ key: 'a', actions: ['read', 'approve'] }, { key: 'b', actions: ['read'], roles: ['clerk'] }), [
    'b shadowed a',
  ])
  t.same(found({ key: 'a', actions: ['read'] }, { key: 'b' }), [])
  t.same(found({ key: 'a', when: 'resource.locked ' }, { key: 'b', effect: 'deny', when: ' resource.locked' }), [
    'a always_denied b',
  ])
  t.same(found({ key: 'a', roles: ['clerk'] }, { key: 'b', effect: 'deny', roles: ['clerk'] }), ['a always_denied b'])
  t.same(found({ key: 'a' }, { key: 'b', effect: 'deny', roles: ['clerk'] }), [])
  t.same(found({ key: 'a' }, { key: 'b', effect: 'deny', when: 'resource.locked' }), [])
  const lockout = { resourceType: 'gatehouse', actions: ['policies.write'] }
  t.same(found({ key: 'a', ...lockout }, { key: 'b', effect: 'deny', ...lockout }), [], 'an owner may still')
  t.same(found({ key: 'a', ...lockout }, { key: 'b', effect: 'deny', scope: 'platform', ...lockout }), [
    'a always_denied b',
  ])
  t.same(found({ key: 'a', effect: 'deny', scope: 'platform', ...lockout }, { key: 'b', effect: 'deny', ...lockout }), [
    'b shadowed a',
  ])
  t.same(found({ key: 'a', effect: 'deny', ...lockout }, { key: 'b', effect: 'deny', scope: 'platform', ...lockout }), [
    'a shadowed b',
  ])
  t.same(
    found(
      { key: 'a', roles: ['nobody'] },
      { key: 'b', resourceType: 'planet' },
      { key: 'c', actions: ['eat'] },
      { key: 'd', when: 'resource.locked && false' },
    ),
    ['a unreachable', 'b unreachable', 'c unreachable', 'd unreachable'],
  )
})

t.test('one policy is looked at beside those it could have to do with, and no others', async (t) => {
  const body = Array.from({ length: 12 }, (_, index) => `resource.amount == ${index}.0`).join(' || ')
  const many = (count: number, more: (index: number) => Written): PolicySource[] =>
    Array.from({ length: count }, (_, index) => policy({ key: `p${index}`, when: body, ...more(index) }))
  const stepsBeside = (others: readonly PolicySource[]): number => {
    const saved = policy({ key: 'saved', when: `resource.locked && (${body})` })
    const budget = createBudget(stepsPerEvaluation)
    lintPolicy(saved, { resourceTypes, roles, policies: [...others, saved] }, budget)
    return stepsTaken(budget)
  }
  const alone = stepsBeside([])
  t.equal(stepsBeside(many(400, () => ({ actions: ['read'] }))), alone + 400, 'another action: a glance each')
  const beside = stepsBeside(many(400, () => ({})))
  t.ok(beside < stepsPerLint / 8, `the same action: ${beside} steps`)
  t.ok(stepsBeside(many(800, () => ({}))) < 2.2 * beside, 'and never each with each')
})

t.test('beyond its budget lint says so, and what it says is still certain', async (t) => {
  const saved = policy({ key: 'saved', when: 'resource.locked && false' })
  const others = Array.from({ length: 50 }, (_, index) => policy({ key: `p${index}`, when: 'resource.locked' }))
  const codes = (one: PolicySource, steps: number) =>
    lintPolicy(one, { resourceTypes, roles, policies: [...others, one] }, createBudget(steps)).map(({ code }) => code)
  t.same(codes(policy({ key: 'saved', when: 'resource.locked' }), 1000), ['shadowed'])
  t.same(codes(policy({ key: 'saved', when: 'resource.amount > 1.0' }), 60), ['not_compared'])
  t.same(codes(saved, 10), ['unreachable', 'not_compared'])
})
