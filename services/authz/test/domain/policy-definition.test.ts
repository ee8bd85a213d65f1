/** Which policies can be saved, and where each error points. */
import t from 'tap'
import { catalogOf } from '../../src/domain/catalog.ts'
import { checkPolicyDefinition } from '../../src/domain/policy-definition.ts'
import { invoices } from '../fixtures/catalog.ts'

const catalog = catalogOf([{ key: 'invoices', manifest: invoices }])
const policy = { key: 'p', effect: 'deny' as const, resource_type: 'invoice', actions: ['read'] }
const check = (change: object) => checkPolicyDefinition({ ...policy, ...change }, { catalog, roles: new Map() })

t.test('a condition comes back as the engine reads it; without one there is none', async (t) => {
  t.match(check({ when: 'membership.limit > 3 && request.time > timestamp("2026-01-01T00:00:00Z")' }), { ok: true })
  t.same(check({}), { ok: true, condition: undefined })
})

t.test('errors name the line and column of the condition', async (t) => {
  t.match(check({ when: 'user.__proto__ == "x"\n|| nonsense' }), {
    ok: false,
    errors: [{ path: '/when', message: /line 2, column 4/ }],
  })
  t.match(check({ when: 'resource.amount >' }), { ok: false, errors: [{ path: '/when', message: /line 1/ }] })
})

t.test('a type, an action and a role that are not known are told together', async (t) => {
  t.match(check({ actions: ['read', 'burn'], roles: ['nobody'] }), {
    ok: false,
    errors: [{ path: '/actions/1' }, { path: '/roles/0' }],
  })
  const unknown = check({ resource_type: 'order', when: 'resource.amount > 1' })
  t.same(!unknown.ok && unknown.errors.map(({ path }) => path), ['/resource_type'], 'which says it all')
})
