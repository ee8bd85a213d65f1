/** What the readers beside `decide` say: obligations, explanations, suggestions and analysis. */
import t from 'tap'
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import { whatCan, whoCan } from '@gatehouse/policy/analyze/access'
import { diffPolicySets } from '@gatehouse/policy/analyze/diff-policy-sets'
import type { AttributeValues } from '@gatehouse/policy/compile/attributes'
import { compilePolicySet, roleSetOf, type PolicySource, type PolicySet } from '@gatehouse/policy/compile/policy-set'
import { decide } from '@gatehouse/policy/decide/decide'
import { explain } from '@gatehouse/policy/explain/explain'
import type { ExplainedNode } from '@gatehouse/policy/explain/explain-node'
import { suggestChanges, type Suggestion } from '@gatehouse/policy/explain/suggest'
import { condition, knownValues, resourceRow } from './generated.ts'
import { conditionOf } from './schema.ts'

const resourceTypes = [
  { key: 'invoice', actions: [{ name: 'read' }, { name: 'approve' }] },
  { key: 'gatehouse', actions: [{ name: 'policies.write' }], repairRole: 'owner' },
]
const roles = [
  { key: 'reader', permissions: ['invoice:read'] },
  { key: 'clerk', permissions: [], inherits: ['reader'] },
  { key: 'chief', permissions: ['invoice:*'] },
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
const setOf = (...policies: Written[]) => compilePolicySet({ resourceTypes, roles, policies: policies.map(policy) })
const asking = (set: PolicySet, held: string[], values: AttributeValues = {}) => ({
  resourceType: 'invoice',
  action: 'approve',
  roles: roleSetOf(set, held),
  values,
})

const stepUp = { type: 'step_up', acr_values: ['urn:mfa'], max_age: 900 } as const
const strongly = 'request.acr == "urn:mfa" && request.time - request.auth_time <= duration("15m")'

t.test('a refusal carries what would lift it, from the policy it turned on', async (t) => {
  const denying = setOf({ effect: 'deny', when: `!(${strongly})`, obligation: stepUp })
  t.same(
    decide(denying, asking(denying, ['chief'], { request: { acr: 'urn:pwd', time: 0, auth_time: 0 } })).obligation,
    stepUp,
  )
  t.same(decide(denying, asking(denying, ['chief'], {})).obligation, stepUp, 'also when it could not be evaluated')
  t.same(decide(denying, asking(denying, ['chief'], { request: { acr: 'urn:mfa', time: 0, auth_time: 0 } })), {
    allowed: true,
    reason: { code: 'granted_by_role', role: 'chief' },
  })
  const allowing = setOf({ when: strongly, roles: ['clerk'], obligation: stepUp })
  t.same(decide(allowing, asking(allowing, ['clerk'], {})).obligation, stepUp)
  t.equal(decide(allowing, asking(allowing, ['reader'], {})).obligation, undefined, 'no sign-in makes a reader a clerk')
  t.equal(decide(allowing, asking(allowing, ['chief'], {})).obligation, undefined, 'nothing to lift')
  const requestable = setOf({ roles: ['clerk'], obligation: { type: 'access_request' } })
  t.same(decide(requestable, asking(requestable, [], {})).obligation, { type: 'access_request' })
  const plain = setOf({ effect: 'deny', key: 'first' }, { effect: 'deny', obligation: stepUp })
  t.equal(decide(plain, asking(plain, ['chief'])).obligation, undefined, 'the first denial is not lifted by it')
})

t.test('an explanation shows every part with its value', async (t) => {
  const set = setOf(
    { key: 'small', when: 'resource.amount <= 1000 && membership.regions.exists(r, r == resource.department)' },
    { key: 'clerks', roles: ['clerk'] },
  )
  const values = { resource: { amount: 50, department: 'eu' }, membership: { regions: ['us', 'eu'] } }
  const told = explain(set, asking(set, ['reader'], values))
  t.same(told.decision, decide(set, asking(set, ['reader'], values)))
  t.same(told.roles, [
    { role: 'chief', held: false },
    { role: 'owner', held: false },
  ])
  t.same(told.policies[1], {
    policy: 'clerks',
    scope: 'organization',
    effect: 'allow',
    applies: false,
    skipped: 'other_roles',
  })
  t.match(told.policies[0], {
    applies: true,
    condition: {
      operator: '&&',
      result: true,
      operands: [
        {
          operator: '<=',
          at: 16,
          result: true,
          operands: [
            { attribute: 'resource.amount', result: 50 },
            { operator: 'constant', result: 1000 },
          ],
        },
        {
          operator: 'exists',
          result: true,
          operands: [
            { attribute: 'membership.regions', result: ['us', 'eu'] },
            { item: 'us', result: false },
            { item: 'eu', result: true },
          ],
        },
      ],
    },
  })
  t.match(
    explain(set, asking(set, [], {})).policies[0],
    { applies: null, condition: { operands: [{ result: null }, { result: null }] } },
    'unknown is null',
  )
  const many = explain(set, asking(set, [], { membership: { regions: Array.from({ length: 30 }, () => 'us') } }))
    .policies[0]?.condition?.operands?.[1]
  t.match(many, { more: 10 })
})

t.test('what the asker may not know is in no part of an explanation or a suggestion', async (t) => {
  const set = setOf(
    { key: 'p', when: 'membership.level >= 3 || resource.locked' },
    { effect: 'deny', key: 'q', when: '"s3cret" in membership.regions && resource.owner != membership.department' },
  )
  const mayKnow = ({ source }: { source: string }) => source === 'resource'
  const values = {
    membership: { level: 7777, regions: ['s3cret'], department: 's3cret-team' },
    resource: { locked: false, owner: 'a' },
  }
  const told = explain(set, asking(set, [], values), { mayKnow })
  t.same(told.policies[0]?.applies, true, 'the decision turned on it')
  t.equal(told.policies[0]?.policy, 'q')
  t.notOk('applies' in told.policies[1]!, 'the decision did not turn on it')
  t.match(told.policies[1]?.condition, {
    redacted: true,
    operands: [{ redacted: true }, { attribute: 'resource.locked', result: false }],
  })
  const text = JSON.stringify([told, suggestChanges(set, asking(set, [], values), { mayKnow })])
  t.notMatch(text, /7777|s3cret-team/)
  t.same(explain(set, asking(set, ['chief'], {}), { mayKnow }).decision.reason, {
    code: 'denied_for_missing_attribute',
    policy: 'q',
    scope: 'organization',
    missing: ['resource.owner'],
  })
})

t.test('suggestions name a role, a value, a membership and a step-up', async (t) => {
  const set = setOf(
    { key: 'small', roles: ['reader'], when: 'resource.amount < 1000 && membership.department == "finance"' },
    { effect: 'deny', key: 'strong', when: `!(${strongly})`, obligation: stepUp },
  )
  const signedIn = { request: { acr: 'urn:mfa', time: 1e12, auth_time: 1e12 } }
  const suggested = (held: string[], values: AttributeValues) => suggestChanges(set, asking(set, held, values))
  const has = (list: Suggestion[], wanted: Suggestion) =>
    t.ok(
      list.some((one) => JSON.stringify(one) === JSON.stringify(wanted)),
      `${JSON.stringify(wanted)} in ${JSON.stringify(list)}`,
    )
  has(suggested(['reader'], { ...signedIn, resource: { amount: 5000 }, membership: { department: 'finance' } }), {
    kind: 'attribute',
    source: 'resource',
    name: 'amount',
    value: 999,
  })
  has(suggested(['reader'], { ...signedIn, resource: { amount: 5 }, membership: { department: 'sales' } }), {
    kind: 'membership',
    source: 'membership',
    name: 'department',
    value: 'finance',
  })
  has(suggested([], { ...signedIn, resource: { amount: 5 }, membership: { department: 'finance' } }), {
    kind: 'role_added',
    role: 'clerk',
  })
  has(suggested(['chief'], { request: { acr: 'urn:pwd', time: 1e12, auth_time: 0 } }), {
    kind: 'step_up',
    obligation: stepUp,
    policy: 'strong',
  })
  has(suggested(['chief'], signedIn), { kind: 'role_removed', role: 'chief' })
  t.same(
    suggested(['chief'], {}).filter(({ kind }) => kind === 'step_up'),
    [],
    'without a time of request nothing shows that it would help',
  )
})

t.test('every suggestion flips the answer when it is followed', async (t) => {
  let suggestions = 0
  let answers = 0
  const generated = fc.record({
    when: condition,
    deny: fc.boolean(),
    known: knownValues,
    resource: resourceRow,
    held: fc.subarray(['reader', 'chief']),
  })
  fc.assert(
    fc.property(generated, ({ when, deny, known, resource, held }) => {
      const set = compilePolicySet({
        resourceTypes,
        roles,
        policies: [policy({ when, effect: deny ? 'deny' : 'allow' })],
      })
      const request = asking(set, held, {
        ...known,
        resource: Object.fromEntries(Object.entries(resource).filter(([, value]) => value !== null)),
      })
      const { allowed } = decide(set, request)
      const told = suggestChanges(set, request)
      answers++
      suggestions += told.length
      return told.every((suggestion) => decide(set, follow(set, { request, suggestion, held })).allowed !== allowed)
    }),
    { numRuns: 1500 },
  )
  t.comment(`${suggestions} suggestions for ${answers} decisions, all of them flip`)
  t.ok(suggestions > answers, 'there is something to suggest')
})

/** Independent of how suggestions are found: the request as it is once a suggestion was followed, over JSON. */
function follow(
  set: PolicySet,
  { request, suggestion, held }: { request: ReturnType<typeof asking>; suggestion: Suggestion; held: string[] },
) {
  const told = JSON.parse(JSON.stringify(suggestion)) as Suggestion
  if (told.kind === 'role_added') return { ...request, roles: roleSetOf(set, [...held, told.role]) }
  if (told.kind === 'role_removed')
    return {
      ...request,
      roles: roleSetOf(
        set,
        held.filter((role) => role !== told.role),
      ),
    }
  if (!('source' in told)) throw new Error('no policy here asks for one')
  return {
    ...request,
    values: { ...request.values, [told.source]: { ...request.values[told.source], [told.name]: told.value } },
  }
}

t.test('an explanation is of the decision: its root says what the policy said', async () => {
  const rootOf = (node: ExplainedNode | undefined) => node?.result
  fc.assert(
    fc.property(condition, knownValues, resourceRow, (when, known, resource) => {
      const set = compilePolicySet({ resourceTypes, roles, policies: [policy({ when })] })
      const request = asking(set, [], { ...known, resource })
      const told = explain(set, request)
      return (
        (rootOf(told.policies[0]?.condition) === true) === decide(set, request).allowed &&
        told.policies[0]?.applies === rootOf(told.policies[0]?.condition)
      )
    }),
    { numRuns: 1500 },
  )
})

t.test('who can, what can, and what a change of policies does', async (t) => {
  const set = setOf({ key: 'own', actions: ['read', 'approve'], when: 'resource.owner == user.id' })
  const principal = (id: string, held: string[]) => ({ id, roles: roleSetOf(set, held), values: { user: { id } } })
  const values = { resource: { owner: 'ann' } }
  t.same(
    whoCan(set, {
      resourceType: 'invoice',
      action: 'approve',
      values,
      principals: [principal('ann', []), principal('bob', ['reader']), principal('cyd', ['chief'])],
    }).map(({ id, decision }) => [id, decision.reason.code]),
    [
      ['ann', 'granted_by_policy'],
      ['cyd', 'granted_by_role'],
    ],
  )
  const able = (o: Parameters<typeof whatCan>[1]) =>
    whatCan(set, o).map(({ resourceType, action }) => `${resourceType}:${action}`)
  t.same(able(principal('bob', ['reader'])), ['invoice:read'])
  t.same(able({ roles: roleSetOf(set, ['owner']), values: {} }), [
    'invoice:read',
    'invoice:approve',
    'gatehouse:policies.write',
  ])
  t.same(able({ ...principal('ann', []), values: { user: { id: 'ann' }, ...values }, resourceType: 'invoice' }), [
    'invoice:read',
    'invoice:approve',
  ])
  const after = setOf({ effect: 'deny', when: 'resource.locked' })
  const question = (held: string[], resource: Record<string, unknown>) => ({
    resourceType: 'invoice',
    action: 'approve',
    roles: held,
    values: { user: { id: 'ann' }, resource },
  })
  const questions = [
    question([], { owner: 'ann' }),
    question(['chief'], { owner: 'ann', locked: false }),
    question(['chief'], { owner: 'bob', locked: true }),
    question([], { owner: 'bob' }),
  ]
  t.same(
    diffPolicySets({ before: set, after, questions }).map(({ change, question }) => [
      change,
      questions.indexOf(question),
    ]),
    [
      ['withdrawn', 0],
      ['withdrawn', 2],
    ],
  )
  t.same(
    diffPolicySets({ before: after, after: set, questions }).map(({ change }) => change),
    ['granted', 'granted'],
  )
  t.same(
    diffPolicySets({
      before: setOf({ key: 'x' }),
      after: setOf({ key: 'y' }),
      questions: questions.slice(0, 1),
      reasons: true,
    }).map(({ change }) => change),
    ['reason'],
  )
})
