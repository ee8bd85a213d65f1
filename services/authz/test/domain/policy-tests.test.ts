/** Tests that a policy brings along: the policy alone decides them, and what they ask about has to exist. */
import t from 'tap'
import type { PolicyTest } from '@gatehouse/contracts/http/authz/policies'
import { catalogOf } from '../../src/domain/catalog.ts'
import { checkPolicyDefinition } from '../../src/domain/policy-definition.ts'
import { invoices } from '../fixtures/catalog.ts'

const soft = { soft: { type: 'boolean' as const, provenance: ['caller' as const] } }
const catalog = catalogOf([
  {
    key: 'invoices',
    manifest: {
      ...invoices,
      resource_types: invoices.resource_types.map((type) => ({ ...type, action_attributes: soft })),
    },
  },
])
const roles = new Map([
  ['clerk', { key: 'clerk', permissions: ['invoice:approve'], inherits: ['reader'] }],
  ['reader', { key: 'reader', permissions: [] }],
])
const small = { effect: 'allow' as const, roles: ['reader'], when: 'resource.amount < 10.0' }
const errorsOf = (policy: object, ...tests: Partial<PolicyTest>[]) => {
  const named = tests.map((test, index) => ({ name: `test ${index}`, given: {}, expect: 'allow' as const, ...test }))
  const base = { key: 'p', effect: 'allow' as const, resource_type: 'invoice', actions: ['approve'] }
  const checked = checkPolicyDefinition({ ...base, ...policy, tests: named }, { catalog, roles })
  return checked.ok ? [] : checked.errors
}

t.test('a promise that is kept is no error, one that is not is told with the reason', async (t) => {
  const given = { roles: ['reader'], resource: { amount: 5 } }
  t.same(errorsOf(small, { given }, { given: { ...given, resource: { amount: 50 } }, expect: 'deny' }), [])
  t.match(errorsOf(small, { given }, { given, expect: 'deny' }), [
    { path: '/tests/1', message: /“test 1” expects deny, the policy says allow/ },
  ])
  t.match(errorsOf(small, { given: { roles: ['reader'] } }), [{ path: '/tests/0', message: /resource\.amount/ }])
})

t.test('roles bring what they inherit and none of their permissions', async (t) => {
  t.same(errorsOf(small, { given: { roles: ['clerk'], resource: { amount: 5 } } }), [], 'inherits the named role')
  t.match(errorsOf({ ...small, roles: ['clerk'] }, { given: { roles: ['reader'], resource: { amount: 5 } } }), [
    { path: '/tests/0' },
  ])
  t.match(errorsOf(small, { given: { roles: ['clerk'], resource: { amount: 50 } } }), [{ path: '/tests/0' }])
})

t.test('a deny is put against a grant of everything', async (t) => {
  const deny = { effect: 'deny', when: 'has(resource.locked) && resource.locked' }
  t.same(errorsOf(deny, { given: { resource: { locked: true } }, expect: 'deny' }, { given: {}, expect: 'allow' }), [])
})

t.test('what does not exist is told where it is asked about, and the test is not run', async (t) => {
  const given = {
    action: 'burn',
    roles: ['nobody'],
    resource: { colour: 'red', amount: '5' },
    request: { constructor: 1 },
  } as unknown as PolicyTest['given']
  t.same(
    errorsOf(small, { given }).map(({ path }) => path),
    ['action', 'roles/0', 'resource/colour', 'resource/amount', 'request/constructor'].map(
      (at) => `/tests/0/given/${at}`,
    ),
  )
})

t.test('a test states attributes as a question does', async (t) => {
  const fresh = { when: 'request.auth_time >= timestamp("2026-01-01T00:00:00Z")' }
  const signedIn = (auth_time: unknown) => ({ request: { auth_time } }) as PolicyTest['given']
  const seconds = Date.parse('2026-06-01T00:00:00Z') / 1000
  t.same(errorsOf(fresh, { given: signedIn('2026-06-01T00:00:00Z') }), [])
  t.same(errorsOf(fresh, { given: signedIn(seconds) }), [], 'seconds since the epoch, as OpenID Connect has it')
  t.same(errorsOf(fresh, { given: signedIn(seconds - 3e7), expect: 'deny' }), [])
  t.match(errorsOf(fresh, { given: { request: { time: 1 } } }), [
    { path: '/tests/0/given/request/time', message: /RFC 3339/ },
  ])
  t.match(errorsOf(fresh, { given: signedIn(-1) }), [{ path: '/tests/0/given/request/auth_time', message: /RFC 3339/ }])
})

t.test('what is asked of the action is given like the rest, but for its name', async (t) => {
  const softly = { when: 'action.name == "approve" && action.soft', actions: ['approve', 'read'] }
  const checked = (given: PolicyTest['given'], expect: 'allow' | 'deny' = 'allow') =>
    errorsOf(softly, { given, expect })
  t.same(checked({ action_properties: { soft: true } }), [])
  t.same(checked({ action_properties: { soft: true, name: 'approve' } }), [])
  t.same(checked({ action: 'read', action_properties: { soft: true } }, 'deny'), [])
  t.match(checked({ action_properties: { soft: 'yes' } }), [
    { path: '/tests/0/given/action_properties/soft', message: /must be a boolean/ },
  ])
  t.match(checked({ action_properties: { soft: true, name: 'read' } }), [
    { path: '/tests/0/given/action_properties/name', message: /is approve here/ },
  ])
  t.match(checked({ resource: { type: 'order' } }), [{ path: '/tests/0/given/resource/type' }])
})

t.test('what does not exist is told with what does', async (t) => {
  t.match(errorsOf({ actions: ['aprove'] }), [
    { path: '/actions/0', message: /has no action aprove: there are approve/ },
  ])
  t.match(errorsOf({ roles: ['reder'] }), [{ path: '/roles/0', message: /there are clerk, reader/ }])
  t.match(errorsOf({ resource_type: 'invioce' }), [{ path: '/resource_type', message: /there are invoice/ }])
})
