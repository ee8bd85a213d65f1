/** Advice about valid policies: of the condition, and of how a policy stands to those in force. */
import t from 'tap'
import { catalogOf } from '../../src/domain/catalog.ts'
import { checkPolicyDefinition } from '../../src/domain/policy-definition.ts'
import { compileModel, type PolicyRecord } from '../../src/domain/policy-model.ts'
import { policyWarnings } from '../../src/domain/policy-warnings.ts'
import { invoices } from '../fixtures/catalog.ts'

const applications = [{ key: 'invoices', manifest: invoices, version: 1 }]
const policy = (key: string, when: string | undefined, effect: 'allow' | 'deny' = 'allow'): PolicyRecord => {
  const base = { key, effect, resource_type: 'invoice', actions: ['approve'] }
  const checked = checkPolicyDefinition(when === undefined ? base : { ...base, when }, {
    catalog: catalogOf(applications),
    roles: new Map(),
  })
  if (!checked.ok) throw new Error(JSON.stringify(checked.errors))
  return {
    key,
    orgId: 'org',
    effect,
    resourceType: 'invoice',
    actions: ['approve'],
    roles: null,
    condition: checked.condition ?? null,
  }
}
const codes = (one: PolicyRecord, ...others: PolicyRecord[]) =>
  policyWarnings(one, compileModel({ applications, roles: [], policies: others, shadowed: new Set() })).map(
    ({ code }) => code,
  )

t.test('a condition that is always the same is odd, one that asks is not', async (t) => {
  t.ok(codes(policy('p', '1.0 < 2.0')).includes('always_true'))
  t.ok(codes(policy('p', '2.0 < 1.0')).includes('always_false'))
  t.same(codes(policy('p', 'resource.amount < 2.0')), [])
})

t.test('a policy is held against the others, never against its own older self', async (t) => {
  const wide = policy('wide', undefined)
  t.same(codes(policy('p', 'resource.amount < 2.0'), wide), ['shadowed'])
  t.same(codes(policy('wide', 'resource.amount < 2.0'), wide), [])
  t.ok(codes(policy('p', undefined), policy('never', undefined, 'deny')).includes('always_denied'))
})
