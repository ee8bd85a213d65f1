/** What conditions may read and permissions may name, from the applications there are. */
import t from 'tap'
import {
  catalogOf,
  conditionSchema,
  knowsPermission,
  reservedAttributes,
  resourceTypeSources,
} from '../../src/domain/catalog.ts'
import { invoices } from '../fixtures/catalog.ts'
import { gatehouse } from '../fixtures/gatehouse.ts'

const catalog = catalogOf([gatehouse, { key: 'invoices', manifest: invoices }])

t.test('a permission is known by its type and action; a wildcard by its type', async (t) => {
  for (const known of ['invoice:read', 'invoice:*', 'gatehouse:roles.read'])
    t.equal(knowsPermission(catalog, known), true)
  for (const unknown of ['*:*', 'invoice:burn', 'order:read', 'order:*', 'invoice', '', ':', 'constructor:*'])
    t.equal(knowsPermission(catalog, unknown), false, unknown)
})

t.test('what the platform says goes before what an application declares under the same name', async (t) => {
  const [type] = invoices.resource_types
  if (!type) throw new Error('no type')
  const everywhere = (names: Iterable<string>) =>
    Object.fromEntries([...names].map((name) => [name, { type: 'string' as const, provenance: ['caller' as const] }]))
  const greedy = {
    ...invoices,
    user_attributes: everywhere(reservedAttributes.user),
    membership_attributes: everywhere(reservedAttributes.membership),
    resource_types: [{ ...type, attributes: everywhere(reservedAttributes.resource) }],
  }
  const schema = conditionSchema(catalogOf([{ key: 'greedy', manifest: greedy }]), 'invoice')
  for (const source of ['user', 'membership', 'resource'] as const)
    for (const name of reservedAttributes[source])
      t.same(schema[source]?.[name]?.provenance, ['platform'], `${source}.${name}`)
})

t.test('only an application says where its user came from; what time it is, nobody does', async (t) => {
  const { schema, schemaForApplications } = catalog.types.get('invoice') ?? {}
  t.same(schema?.request?.['ip']?.provenance, ['platform'])
  t.same(schemaForApplications?.request?.['ip']?.provenance, ['caller'])
  t.match(schemaForApplications?.request?.['time'], { provenance: ['platform'], ignoresCaller: true })
})

t.test('another application may read a shared attribute and not state it', async (t) => {
  t.match(conditionSchema(catalog, 'gatehouse').membership?.['limit'], { type: 'number', ignoresCaller: true })
  t.notOk(conditionSchema(catalog, 'invoice').membership?.['limit']?.ignoresCaller)
  t.ok(catalog.types.get('invoice')?.isStored)
  t.equal(catalog.types.get('gatehouse')?.isStored, false)
})

t.test('the type of Gatehouse itself can always be repaired by an owner', async (t) => {
  t.match(resourceTypeSources(catalog), [{ key: 'gatehouse', repairRole: 'owner' }, { key: 'invoice' }])
  t.notOk('repairRole' in (resourceTypeSources(catalog)[1] ?? {}))
})
