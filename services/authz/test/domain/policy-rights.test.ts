/** What policies give to roles and read of subjects. */
import t from 'tap'
import { catalogOf } from '../../src/domain/catalog.ts'
import { checkPolicyDefinition } from '../../src/domain/policy-definition.ts'
import {
  asksForRole,
  attributesReadBy,
  isAbout,
  lineagesOf,
  namesRole,
  readsSubject,
  type PolicyRule,
} from '../../src/domain/policy-rights.ts'
import { invoices } from '../fixtures/catalog.ts'

const catalog = catalogOf([{ key: 'invoices', manifest: invoices }])
const rule = (when?: string, roles?: string[]): PolicyRule => {
  const base = { key: 'p', effect: 'allow' as const, resource_type: 'invoice', actions: ['read', 'approve'] }
  const checked = checkPolicyDefinition({ ...base, ...(when && { when }) }, { catalog, roles: new Map() })
  if (!checked.ok) throw new Error(JSON.stringify(checked.errors))
  const { condition } = checked
  return {
    key: 'p',
    scope: 'organization',
    effect: 'allow',
    resourceType: 'invoice',
    actions: base.actions,
    ...(roles && { roles }),
    ...(condition && { when: condition }),
  }
}
const lineage = new Set(['clerk', 'reader'])

t.test('a condition that asks for a role makes it a right of that role', async (t) => {
  t.equal(asksForRole(rule('"clerk" in membership.roles'), lineage), true)
  t.equal(asksForRole(rule('"boss" in membership.roles || resource.amount > 1.0'), lineage), false)
  t.equal(
    asksForRole(rule('membership.department in membership.roles'), lineage),
    true,
    'read in another way, it may ask for every role',
  )
  t.equal(asksForRole(rule('membership.department in membership.roles'), new Set()), false, 'nobody holds none')
  t.equal(asksForRole(rule(), lineage), false)
})

t.test('what is read of who asks', async (t) => {
  t.equal(readsSubject(rule('membership.limit > 1.0')), true)
  t.equal(readsSubject(rule('user.email_verified')), true)
  t.equal(readsSubject(rule('resource.amount > 1.0')), false)
  t.same([...attributesReadBy([rule('membership.limit > resource.amount'), rule()])].sort(), [
    'membership.limit',
    'resource.amount',
  ])
})

t.test('roles with what they inherit, and policies about a permission', async (t) => {
  const roles = new Map([
    ['clerk', { key: 'clerk', permissions: [], inherits: ['reader'] }],
    ['reader', { key: 'reader', permissions: [] }],
  ])
  t.same([...lineagesOf(roles, ['clerk'])].sort(), ['clerk', 'reader'])
  t.equal(namesRole(rule(undefined, ['reader']), lineage), true)
  t.equal(namesRole(rule(), lineage), false, 'a policy for everybody names nobody')
  for (const permission of ['invoice:read', 'invoice:*', '*:*', '*:approve'])
    t.equal(isAbout(rule(), permission), true, permission)
  for (const permission of ['invoice:purge', 'order:read', 'order:*'])
    t.equal(isAbout(rule(), permission), false, permission)
})
