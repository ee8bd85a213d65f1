/** How roles and policies combine into one answer and its reason. */
import t from 'tap'
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import { checkCondition } from '@gatehouse/policy/check/check-condition'
import type { AttributeValues } from '@gatehouse/policy/compile/attributes'
import { compilePolicySet, roleSetOf, type PolicySource } from '@gatehouse/policy/compile/policy-set'
import { findCycle, permissionsOf } from '@gatehouse/policy/compile/roles'
import type { Decision } from '@gatehouse/policy/compile/decision'
import { decide } from '@gatehouse/policy/decide/decide'
import { parseCondition } from '@gatehouse/policy/parse/parse-condition'
import { schema } from './schema.ts'

function condition(source: string): NonNullable<PolicySource['when']> {
  const parsed = parseCondition(source)
  const checked = parsed.ok ? checkCondition(parsed.ir, schema) : undefined
  if (!checked?.ok) throw new Error(source)
  return checked.ir
}

const resourceTypes = [
  { key: 'invoice', actions: [{ name: 'read' }, { name: 'approve' }, { name: 'purge', sensitive: true }] },
  { key: 'gatehouse', actions: [{ name: 'policies.write' }], repairRole: 'owner' },
]
const roles = [
  { key: 'reader', permissions: ['invoice:read'] },
  { key: 'clerk', permissions: ['invoice:approve'], inherits: ['reader'] },
  { key: 'chief', permissions: ['invoice:*'] },
  { key: 'purger', permissions: ['invoice:purge'] },
  { key: 'owner', permissions: ['*:*'] },
  { key: 'loop-a', permissions: [], inherits: ['loop-b'] },
  { key: 'loop-b', permissions: ['invoice:read'], inherits: ['loop-a', 'nobody-defined-this'] },
]

type Question = { action: string; type?: string; roles?: string[]; values?: AttributeValues; policies?: PolicySource[] }
function ask({ action, type = 'invoice', roles: held = [], values = {}, policies = [] }: Question): Decision {
  const set = compilePolicySet({ resourceTypes, roles, policies })
  return decide(set, { resourceType: type, action, roles: roleSetOf(set, held), values })
}
const policy = (overrides: Partial<PolicySource>): PolicySource => ({
  key: 'p',
  scope: 'organization',
  effect: 'allow',
  resourceType: 'invoice',
  actions: ['approve'],
  ...overrides,
})

t.test('roles grant what they list, what they inherit, and by wildcard what is not sensitive', async (t) => {
  const granted = (role: string, action: string) => ask({ action, roles: [role] }).allowed
  t.same(
    ['read', 'approve', 'purge'].map((action) => granted('reader', action)),
    [true, false, false],
  )
  t.same(
    ['read', 'approve', 'purge'].map((action) => granted('clerk', action)),
    [true, true, false],
  )
  t.same(
    ['read', 'approve', 'purge'].map((action) => granted('chief', action)),
    [true, true, false],
  )
  t.same(
    ['read', 'approve', 'purge'].map((action) => granted('owner', action)),
    [true, true, false],
  )
  t.same(
    ['read', 'approve', 'purge'].map((action) => granted('purger', action)),
    [false, false, true],
  )
  t.same(
    ['read', 'approve'].map((action) => granted('loop-a', action)),
    [true, false],
    'a cycle ends where it closes',
  )
  t.same(ask({ action: 'read', roles: ['clerk'] }).reason, { code: 'granted_by_role', role: 'clerk' })
})

t.test('what nobody defined is refused, not an error', async (t) => {
  t.same(ask({ action: 'read', type: 'planet' }), { allowed: false, reason: { code: 'unknown_resource_type' } })
  t.same(ask({ action: 'eat' }), { allowed: false, reason: { code: 'unknown_action' } })
  t.same(ask({ action: 'constructor', type: '__proto__' }).allowed, false)
  t.same(ask({ action: '__proto__' }).allowed, false)
  t.same(ask({ action: 'read', roles: ['__proto__', 'unknown'] }), { allowed: false, reason: { code: 'not_granted' } })
})

t.test('an allow policy grants when it is exactly true', async (t) => {
  const policies = [
    policy({ when: condition('resource.amount <= 100 && resource.department == membership.department') }),
  ]
  const values = { resource: { amount: 50, department: 'x' }, membership: { department: 'x' } }
  t.same(ask({ action: 'approve', policies, values }), {
    allowed: true,
    reason: { code: 'granted_by_policy', policy: 'p', scope: 'organization' },
  })
  t.same(
    ask({ action: 'approve', policies, values: { ...values, resource: { amount: 500, department: 'x' } } }).reason,
    { code: 'not_granted' },
  )
  t.same(ask({ action: 'approve', policies, values: { resource: { amount: 50 } } }).reason, {
    code: 'not_granted_for_missing_attribute',
    policy: 'p',
    scope: 'organization',
    missing: ['resource.department', 'membership.department'],
  })
  t.equal(ask({ action: 'read', policies, values }).allowed, false, 'another action is not touched')
})

t.test('a deny overrides every allow, and one that cannot be evaluated denies', async (t) => {
  const policies = [policy({ effect: 'deny', when: condition('resource.locked') })]
  const chief = { action: 'approve', roles: ['chief'], policies }
  t.same(ask({ ...chief, values: { resource: { locked: false } } }).allowed, true)
  t.same(ask({ ...chief, values: { resource: { locked: true } } }).reason, {
    code: 'denied_by_policy',
    policy: 'p',
    scope: 'organization',
  })
  t.match(ask({ ...chief }).reason, { code: 'denied_for_missing_attribute', missing: ['resource.locked'] })
  t.same(
    ask({
      ...chief,
      policies: [policy({ effect: 'deny', when: condition('has(resource.locked) && resource.locked') })],
    }).allowed,
    true,
    'has() makes it an answer',
  )
})

t.test('a policy for roles concerns their holders, inherited ones included', async (t) => {
  const policies = [policy({ effect: 'deny', actions: ['read', 'approve'], roles: ['reader'] })]
  t.equal(ask({ action: 'approve', roles: ['clerk'], policies }).allowed, false, 'a clerk inherits reader')
  t.equal(ask({ action: 'approve', roles: ['chief'], policies }).allowed, true)
  t.equal(
    ask({ action: 'approve', roles: ['chief'], policies: [policy({ effect: 'deny', roles: ['nobody'] })] }).allowed,
    true,
  )
})

t.test('the platform’s denial is the reason before the organization’s, and an owner can always repair', async (t) => {
  const deny = (scope: 'platform' | 'organization', key: string, about: Partial<PolicySource> = {}) =>
    policy({ effect: 'deny', scope, key, ...about })
  t.match(
    ask({ action: 'approve', roles: ['chief'], policies: [deny('organization', 'ours'), deny('platform', 'theirs')] })
      .reason,
    { policy: 'theirs' },
  )
  const lockout = { type: 'gatehouse', action: 'policies.write', roles: ['owner'] }
  const about = { resourceType: 'gatehouse', actions: ['policies.write'] }
  t.equal(ask({ ...lockout, policies: [deny('organization', 'ours', about)] }).allowed, true)
  t.equal(ask({ ...lockout, policies: [deny('platform', 'theirs', about)] }).allowed, false)
})

t.test('cycles are found and permissions are collected through inheritance', async (t) => {
  const byKey = new Map(roles.map((role) => [role.key, role]))
  t.same(findCycle(byKey, 'loop-a'), ['loop-a', 'loop-b', 'loop-a'])
  t.equal(findCycle(byKey, 'clerk'), undefined)
  t.same([...permissionsOf(byKey, 'clerk')].sort(), ['invoice:approve', 'invoice:read'])
})

t.test('any number of roles: the bits agree with sets', async () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.array(fc.nat(199), { maxLength: 10 }),
      fc.nat(199),
      (count, held, granting) => {
        const many = Array.from({ length: count }, (_, number) => ({
          key: `r${number}`,
          permissions: number === granting ? ['invoice:read'] : [],
        }))
        const set = compilePolicySet({ resourceTypes, roles: many, policies: [] })
        const decision = decide(set, {
          resourceType: 'invoice',
          action: 'read',
          roles: roleSetOf(
            set,
            held.map((number) => `r${number}`),
          ),
          values: {},
        })
        return decision.allowed === (granting < count && held.includes(granting))
      },
    ),
  )
})

t.test('decisions follow the formula for generated sets of policies', async () => {
  const truths = ['true', 'false', 'resource.locked'] as const
  const generated = fc.array(
    fc.record({
      effect: fc.constantFrom('allow' as const, 'deny' as const),
      scope: fc.constantFrom('platform' as const, 'organization' as const),
      when: fc.constantFrom(...truths),
      forClerks: fc.boolean(),
    }),
    { maxLength: 5 },
  )
  fc.assert(
    fc.property(generated, fc.boolean(), fc.boolean(), (policies, clerk, chief) => {
      const decision = ask({
        action: 'approve',
        roles: [...(clerk ? ['clerk'] : []), ...(chief ? ['chief'] : [])],
        policies: policies.map(({ effect, scope, when, forClerks }, index) =>
          policy({
            key: `p${index}`,
            effect,
            scope,
            when: condition(when),
            ...(forClerks ? { roles: ['clerk'] } : {}),
          }),
        ),
      })
      const relevant = policies.filter(({ forClerks }) => !forClerks || clerk)
      const allowed = clerk || chief || relevant.some(({ effect, when }) => effect === 'allow' && when === 'true')
      const denied = relevant.some(({ effect, when }) => effect === 'deny' && when !== 'false')
      return decision.allowed === (allowed && !denied)
    }),
  )
})
