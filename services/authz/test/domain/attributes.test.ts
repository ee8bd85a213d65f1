/** Whose word counts for an attribute, and what stating it may cost. */
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import t from 'tap'
import { createBudget, longestStatedList, stepsTaken } from '@gatehouse/policy/compile/budget'
import { assembleAttributes, subjectStatements } from '../../src/domain/attributes.ts'
import { catalogOf, conditionSchema } from '../../src/domain/catalog.ts'
import { checkManifest } from '../../src/domain/manifest.ts'
import { checkEntityDefinition } from '../../src/domain/entity-definition.ts'
import { invoices } from '../fixtures/catalog.ts'
import { gatehouse } from '../fixtures/gatehouse.ts'

const records = {
  name: 'Records',
  resource_types: [{ key: 'record', attributes: {}, actions: [{ name: 'view' }] }],
  roles: [],
  policies: [],
}
const people = (department: { type: 'string' | 'number'; provenance: ('stored' | 'caller')[] }) => ({
  ...records,
  membership_attributes: { department },
})
const catalogWith = (manifest: object) =>
  catalogOf([
    { key: 'invoices', manifest: invoices },
    { key: 'records', manifest: manifest as typeof records },
  ])
const assemble = (catalog: ReturnType<typeof catalogWith>, type: string, properties: object) => {
  const schema = catalog.types.get(type)?.schema ?? {}
  return assembleAttributes(schema, {
    platform: {},
    stored: { membership: { department: 'law' } },
    caller: subjectStatements(schema, properties as Record<string, unknown>),
  })
}

t.test('another application’s declaration never makes a question wrong, and is not believed there', async (t) => {
  const catalog = catalogWith(records)
  t.match(assemble(catalog, 'record', { department: 'sales', limit: 'any' }), {
    ok: true,
    values: { membership: { department: 'law' } },
  })
  t.match(assemble(catalog, 'invoice', { department: 'sales' }), {
    ok: false,
    errors: [{ path: '/subject/properties/department' }],
  })
})

t.test('each application says whose word counts for an attribute of the same name', async (t) => {
  const application = { key: 'records', manifest: people({ type: 'string', provenance: ['caller', 'stored'] }) }
  const others = { applications: [{ key: 'invoices', manifest: invoices }], roles: [], policyKeys: new Set<string>() }
  t.same(checkManifest(application, others).conflicts, [])
  const catalog = catalogWith(application.manifest)
  t.match(assemble(catalog, 'record', { department: 'sales' }), { values: { membership: { department: 'sales' } } })
  t.match(assemble(catalog, 'record', {}), { values: { membership: { department: 'law' } } })
  t.match(assemble(catalog, 'invoice', { department: 'sales' }), { ok: false })
  const otherwise = { key: 'records', manifest: people({ type: 'number', provenance: ['stored'] }) }
  t.match(checkManifest(otherwise, others).conflicts, [{ path: '/membership_attributes/department' }])
  const stated = { key: 'records', manifest: people({ type: 'number', provenance: ['caller'] }) }
  t.same(checkManifest(stated, others).conflicts, [], 'what is only stated lies in nobody’s store')
})

t.test('a resource type named user leaves subjects of that name their attributes', async (t) => {
  const manifest = {
    ...records,
    resource_types: [
      { key: 'user', attributes: { shoe: { type: 'number', provenance: ['stored'] } }, actions: [{ name: 'view' }] },
    ],
  }
  const catalog = catalogWith(manifest)
  const check = (attributes: Record<string, string | number>) =>
    checkEntityDefinition({ type: 'user', id: 'ann@example.com', attributes, roles: [] }, { catalog, roles: new Map() })
  t.same(check({ department: 'sales', limit: 5, shoe: 43 }), [])
  t.match(check({ colour: 'red' }), [{ path: '/attributes/colour' }])
})

const invoice = () => {
  const known = catalogWith(records).types.get('invoice')
  if (known === undefined) throw new Error('the catalog has no invoices')
  return known
}
const request = (context: Record<string, unknown>, budget = createBudget(100_000)) =>
  assembleAttributes(
    invoice().schemaForApplications,
    { platform: { request: { time: 5 } }, stored: {}, caller: { request: context } },
    { budget },
  )

t.test('an application says how its user signed in, when as a number too, and never what time it is', async (t) => {
  t.match(request({ time: '2020-01-01T00:00:00Z', acr: '2' }), { ok: true, values: { request: { time: 5, acr: '2' } } })
  t.match(request({ auth_time: 1_700_000_000 }), { values: { request: { auth_time: '2023-11-14T22:13:20.000Z' } } })
  t.match(request({ auth_time: '2023-11-14T22:13:20Z' }), {
    values: { request: { auth_time: '2023-11-14T22:13:20Z' } },
  })
  for (const auth_time of [-1, 1e300, true, 'yesterday'])
    t.match(request({ auth_time }), { ok: false, errors: [{ path: '/context/auth_time' }] }, String(auth_time))
})

t.test('a list that is stated has a longest length, and is walked once for all questions that state it', async (t) => {
  const list = (length: number) => Array.from({ length }, (_, index) => String(index))
  t.match(request({ amr: list(longestStatedList + 1) }), { ok: false, errors: [{ path: '/context/amr' }] })
  t.match(request({ amr: [...list(3), 4] }), { ok: false })
  const budget = createBudget(100_000)
  const amr = list(longestStatedList)
  for (let question = 0; question < 50; question += 1) t.match(request({ amr }, budget), { ok: true })
  t.equal(stepsTaken(budget), longestStatedList)
})

const invoicesCatalog = catalogOf([gatehouse, { key: 'invoices', manifest: invoices }])

t.test('values are believed in the order of provenance, and a caller says only what is theirs', async (t) => {
  const schema = conditionSchema(invoicesCatalog, 'invoice')
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
    const schema = conditionSchema(invoicesCatalog, 'invoice')
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
