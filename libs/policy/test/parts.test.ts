/**
 * Readers work in parts: none takes more than a decision may, whatever the policies say, so that whoever runs them can
 * give way in between. What is told is counted by its length, for each part that reads a text tells it again.
 */
import t from 'tap'
import type { AttributeValues } from '@gatehouse/policy/compile/attributes'
import { stepsPerEvaluation } from '@gatehouse/policy/compile/budget'
import {
  compilePolicySet,
  compilingPolicySet,
  roleSetOf,
  type PolicySet,
  type PolicySetSource,
  type PolicySource,
} from '@gatehouse/policy/compile/policy-set'
import type { Work } from '@gatehouse/policy/compile/work'
import { explain, explaining } from '@gatehouse/policy/explain/explain'
import { suggestChanges, suggesting } from '@gatehouse/policy/explain/suggest'
import { linting } from '@gatehouse/policy/lint/lint-policy'
import { plan, planning } from '@gatehouse/policy/plan/plan'
import { conditionOf } from './schema.ts'

const joined = (count: number, part: (nth: number) => string): string =>
  Array.from({ length: count }, (_, nth) => part(nth)).join(' || ')
const policyOf = (when: string, nth: number, effect: 'allow' | 'deny' = 'deny'): PolicySource => ({
  key: `policy-${nth}`,
  effect,
  scope: 'organization',
  resourceType: 'invoice',
  actions: ['approve'],
  when: conditionOf(when),
})
const many = (count: number, when: (nth: number) => string): PolicySource[] =>
  Array.from({ length: count }, (_, nth) => policyOf(when(nth), nth))
const sourceOf = (policies: readonly PolicySource[]): PolicySetSource => ({
  resourceTypes: [{ key: 'invoice', actions: [{ name: 'approve' }] }],
  roles: [{ key: 'chief', permissions: ['invoice:approve'] }],
  policies,
})
const asked = (set: PolicySet, values: AttributeValues) => ({
  resourceType: 'invoice',
  action: 'approve',
  roles: roleSetOf(set, ['chief']),
  values,
})

/** The steps of each part. */
function partsOf(work: Work<unknown>): number[] {
  const parts: number[] = []
  for (let part = work.next(); !part.done; part = work.next()) parts.push(part.value)
  return parts
}

t.test('no part takes more than a decision may, and each policy is a part of its own', (t) => {
  const policies = many(100, (nth) => joined(38, (place) => `resource.owner == "${nth} to ${place} of many words"`))
  const set = compilePolicySet(sourceOf(policies))
  const request = asked(set, { resource: { owner: 'x' } })
  const works: { [name: string]: () => Work<unknown> } = {
    compiling: () => compilingPolicySet(sourceOf(policies)),
    explaining: () => explaining(set, request),
    suggesting: () => suggesting(set, request),
    planning: () => planning(set, { ...request, values: {} }),
    linting: () => linting(policies[99]!, sourceOf(policies)),
  }
  for (const [name, work] of Object.entries(works)) {
    const parts = partsOf(work())
    t.ok(Math.max(...parts) <= stepsPerEvaluation, `${name}: ${Math.max(...parts)} steps in one part`)
    t.ok(parts.length >= 50, `${name}: ${parts.length} parts`)
  }
  t.end()
})

t.test('what all policies of a plan say together is settled, and looked through, in parts as well', (t) => {
  const set = compilePolicySet(
    sourceOf(many(20, (nth) => joined(38, (place) => `resource.owner == "${nth} ${place}"`))),
  )
  const parts = partsOf(planning(set, { ...asked(set, {}), values: {} }))
  t.ok(parts.length >= 20 + 2 * 20 * 38, `${parts.length} parts`)
  t.end()
})

t.test('an answer is no longer than its steps, however often its policies read a long text', (t) => {
  const set = compilePolicySet(sourceOf(many(20, () => joined(30, () => 'resource.owner == membership.department'))))
  const long = 'x'.repeat(50_000)
  const values = { resource: { owner: `${long}y` }, membership: { department: long } }
  t.match(explain(set, asked(set, values)), {
    decision: { reason: { code: 'evaluation_too_expensive' } },
    policies: [],
  })
  t.match(plan(set, asked(set, { membership: { department: long } })), { kind: 'too_expensive' })
  const one = compilePolicySet(sourceOf(many(1, () => 'resource.owner == membership.department')))
  t.match(explain(one, asked(one, values)).policies[0]?.condition?.operands, [{ result: `${long}y` }, { result: long }])
  t.match(plan(one, asked(one, { membership: { department: long } })), { kind: 'conditional' })
  t.end()
})

t.test('of a long list an explanation shows the beginning, and how much more there is', (t) => {
  const set = compilePolicySet(sourceOf(many(1, () => '"x" in membership.regions')))
  const regions = Array.from({ length: 1_000 }, (_, nth) => `region ${nth}`)
  const told = explain(set, asked(set, { membership: { regions } })).policies[0]?.condition?.operands?.[1]
  t.same(told?.result, regions.slice(0, 20))
  t.equal(told?.more, 980)
  t.end()
})

t.test('conditions are told until nobody reads on; the one that the decision turned on always is', (t) => {
  const policies = many(400, (nth) => joined(38, (place) => `resource.owner == "${nth} to ${place}"`))
  const set = compilePolicySet(sourceOf([...policies, policyOf('resource.owner == "x"', 400)]))
  const told = explain(set, asked(set, { resource: { owner: 'x' } }))
  t.equal(told.policies.length, 401)
  t.ok(told.policies.every((policy) => 'applies' in policy))
  t.match(told.policies[400], { policy: 'policy-400', applies: true, condition: { operator: '==' } })
  const whole = told.policies.filter((policy) => 'condition' in policy).length
  t.ok(whole < 120, `${whole} conditions are told`)
  t.end()
})

t.test('what may be known is asked once of each attribute, however deep the conditions are', (t) => {
  const deep = (depth: number): string =>
    depth === 0 ? 'resource.locked' : `(resource.owner == "a" || !(${deep(depth - 1)}))`
  const set = compilePolicySet(sourceOf(many(50, () => deep(14))))
  let times = 0
  explain(set, asked(set, { resource: { owner: 'b', locked: false } }), { mayKnow: () => (times += 1) > 0 })
  t.equal(times, 2)
  t.end()
})

t.test('instants and lengths of time do not multiply without bound', (t) => {
  const at = (nth: number): string => new Date(Date.UTC(2026, 0, 1) + nth * 3_600_000).toISOString()
  const set = compilePolicySet(
    sourceOf(
      many(60, (nth) =>
        joined(4, (place) => {
          const n = nth * 4 + place
          return (
            `resource.created_at < timestamp("${at(0)}") && request.time - resource.created_at > ` +
            `duration("${n + 1}s") || resource.created_at > timestamp("${at(9_000 + n)}")`
          )
        }),
      ),
    ),
  )
  const request = asked(set, { request: { time: at(5_000) }, resource: { created_at: at(-10) } })
  const parts = partsOf(suggesting(set, request))
  t.ok(Math.max(...parts) <= stepsPerEvaluation, `${Math.max(...parts)} steps in one part`)
  t.match(
    suggestChanges(set, request).find(({ kind }) => kind === 'attribute'),
    { name: 'created_at' },
  )
  t.end()
})
