/** The rules of authz without a database: provenance, what may be handed on, definitions, standing, the cache that forgets. */
import t from 'tap'
import fc from 'fast-check'
import { assembleAttributes, subjectStatements } from '../../src/domain/attributes.ts'
import { catalogOf, conditionSchema, knowsPermission } from '../../src/domain/catalog.ts'
import { createDroppingCache } from '../../src/facts/dropping-cache.ts'
import { findObstacle, isAsRecentAs, rolesHeldAt } from '../../src/domain/facts.ts'
import { checkManifest } from '../../src/domain/manifest.ts'
import { checkPolicyDefinition } from '../../src/domain/policy-definition.ts'
import { checkRoleDefinition } from '../../src/domain/role-definition.ts'
import { invoices } from '../fixtures/catalog.ts'
import { gatehouse } from '../fixtures/gatehouse.ts'

const catalog = catalogOf([gatehouse, { key: 'invoices', manifest: invoices }])
const roles = new Map([
  ['owner', { key: 'owner', permissions: ['*:*'] }],
  ['reader', { key: 'reader', permissions: ['invoice:read'] }],
  ['heir', { key: 'heir', permissions: [], inherits: ['reader'] }],
  ['all-invoices', { key: 'all-invoices', permissions: ['invoice:*'] }],
  ['purger', { key: 'purger', permissions: ['invoice:purge'] }],
  ['stale', { key: 'stale', permissions: ['gone:read', 'invoice:gone'] }],
])

t.test('values are believed in the order of provenance, and a caller says only what is theirs', async (t) => {
  const schema = conditionSchema(catalog, 'invoice')
  const assembled = assembleAttributes(schema, {
    platform: { resource: { id: '1' } },
    stored: { resource: { locked: true, risk: 'low' } },
    caller: { resource: { amount: 5, locked: false, colour: 'red', department: null } },
  })
  t.match(assembled, { ok: true, values: { resource: { id: '1', locked: true, risk: 'low', amount: 5 } } })
  t.notOk(assembled.ok && 'colour' in (assembled.values.resource ?? {}))
  t.notOk(assembled.ok && 'department' in (assembled.values.resource ?? {}), 'null is no value')
  for (const [resource, path] of [
    [{ risk: 'none' }, 'risk'],
    [{ amount: '5' }, 'amount'],
    [{ id: '2' }, 'id'],
    [{ risk: null }, 'risk'],
  ] as const) {
    t.match(assembleAttributes(schema, { platform: {}, stored: {}, caller: { resource } }), {
      ok: false,
      errors: [{ path: `/resource/properties/${path}` }],
    })
  }
  t.match(
    assembleAttributes(schema, {
      platform: {},
      stored: {},
      caller: subjectStatements(schema, { department: 'x', shoe: 43, email_verified: true }),
    }),
    {
      ok: false,
      errors: [{ path: '/subject/properties/email_verified' }, { path: '/subject/properties/department' }],
    },
  )
})

t.test(
  'no property of a caller changes a value that is not theirs to say, and none that nobody knows is kept',
  async () => {
    const schema = conditionSchema(catalog, 'invoice')
    const stated = {
      platform: { membership: { is_owner: false } },
      stored: { resource: { risk: 'high' }, membership: { department: 'law' } },
    }
    const name = fc.oneof(
      fc.constantFrom('risk', 'is_owner', 'department', 'id', '__proto__', 'constructor', 'amount'),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.dictionary(name, fc.jsonValue()), (properties) => {
        const result = assembleAttributes(schema, {
          ...stated,
          caller: { ...subjectStatements(schema, properties), resource: properties },
        })
        const isKnown = (name: string) => Object.hasOwn(schema.resource ?? {}, name)
        return (
          !result.ok ||
          (Object.keys(result.values.resource ?? {}).every(isKnown) &&
            result.values.resource?.['risk'] === 'high' &&
            result.values.membership?.['is_owner'] === false &&
            result.values.membership['department'] === 'law')
        )
      }),
    )
  },
)

t.test('definitions are checked against the catalog, all problems at once', async (t) => {
  t.equal(knowsPermission(catalog, 'invoice:*'), true)
  t.equal(knowsPermission(catalog, '*:*'), false)
  t.match(
    checkRoleDefinition({ key: 'x', permissions: ['a:b'], inherits: ['owner', 'nobody'] }, { catalog, others: roles }),
    [{ path: '/permissions/0' }, { path: '/inherits/0' }, { path: '/inherits/1' }],
  )
  t.same(
    checkRoleDefinition({ key: 'x', permissions: ['invoice:*'], inherits: ['reader'] }, { catalog, others: roles }),
    [],
  )
  const policy = { key: 'p', effect: 'deny' as const, resource_type: 'invoice', actions: ['read'] }
  t.match(
    checkPolicyDefinition(
      { ...policy, when: 'membership.limit > 3 && request.time > timestamp("2026-01-01T00:00:00Z")' },
      { catalog, roles: new Map() },
    ),
    { ok: true },
  )
  t.match(
    checkPolicyDefinition({ ...policy, when: 'user.__proto__ == "x"\n|| nonsense' }, { catalog, roles: new Map() }),
    { ok: false, errors: [{ path: '/when', message: /line 2, column 4/ }] },
  )
  t.match(
    checkManifest(
      { key: 'invoices', manifest: invoices },
      { applications: [gatehouse], roles: [], policyKeys: new Set() },
    ),
    { errors: [], conflicts: [], policyErrors: [] },
  )
})

t.test('nothing is granted to whom the platform does not know as active', async (t) => {
  const user = { version: 3, status: 'active' as const, emailVerified: true }
  const organization = { version: 1, status: 'active' as const }
  const member = { id: 'mem', version: 2, status: 'active' as const, isOwner: true, attributes: {}, roles: [] }
  t.equal(findObstacle({ user, organization, member }), undefined)
  t.equal(findObstacle({ user: undefined, organization, member }), 'user_disabled')
  t.equal(
    findObstacle({ user, organization: { ...organization, status: 'suspended' }, member }),
    'organization_suspended',
  )
  t.equal(findObstacle({ user, organization, member: { ...member, status: 'removed' } }), 'not_a_member')
  t.equal(isAsRecentAs({ user, organization, member }, { uv: 3, ov: 1, mv: 2 }), true)
  t.equal(isAsRecentAs({ user, organization, member }, { uv: 3, ov: 1, mv: 3 }), false)
  t.equal(isAsRecentAs({ user }, { uv: 4 }), false)
  t.equal(isAsRecentAs({ user, organization: undefined }, { uv: 1, ov: 1 }), false)
  t.same(
    rolesHeldAt(
      [
        { roleId: 'a', expiresAtMs: 10 },
        { roleId: 'b', expiresAtMs: undefined },
      ],
      10,
    ),
    ['b'],
  )
})

t.test('a value dropped while it is loaded is never kept', async (t) => {
  const cache = createDroppingCache<number>({ most: 2 })
  let finish: (value: number) => void = () => {}
  const slow = cache.get('a', () => new Promise((resolve) => (finish = resolve)))
  cache.drop('a')
  const fresh = cache.get('a', async () => 2)
  finish(1)
  t.same([await slow, await fresh, await cache.get('a', async () => 3)], [1, 2, 2])
  await cache.get('b', async () => 1)
  await cache.get('a', async () => 9)
  await cache.get('c', async () => 1)
  t.equal(cache.size, 2)
  t.equal(await cache.get('a', async () => 9), 2)
  t.equal(cache.find('b'), undefined, 'what was not asked for lately went first')
  cache.dropWhere((key) => key === 'a')
  t.equal(await cache.get('a', async () => 4), 4)
  await t.rejects(cache.get('x', () => Promise.reject(new Error('down'))))
  t.equal(await cache.get('x', async () => 5), 5, 'a failure is not kept')
  cache.clear()
  t.equal(cache.size, 0)
})
