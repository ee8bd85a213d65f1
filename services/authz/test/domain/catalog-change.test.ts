/** What a declaration takes from the catalog, and which policies name it. */
import t from 'tap'
import { catalogLoss, isBrokenBy } from '../../src/domain/catalog-change.ts'
import { catalogOf } from '../../src/domain/catalog.ts'
import { invoices } from '../fixtures/catalog.ts'

const type = invoices.resource_types[0] as (typeof invoices.resource_types)[number]
const before = catalogOf([{ key: 'invoices', manifest: invoices }])
const lossOf = (manifest: Partial<typeof invoices>, rolesAfter: string[] = ['invoice-clerk']) =>
  catalogLoss(before, catalogOf([{ key: 'invoices', manifest: { ...invoices, ...manifest } }]), {
    rolesBefore: ['invoice-clerk'],
    rolesAfter: new Set(rolesAfter),
  })
const policy = { resourceType: 'invoice', actions: ['read'], roles: null, condition: null }

t.test('additions take nothing', async (t) => {
  const more = {
    ...type,
    attributes: { ...type.attributes, colour: { type: 'string' as const, provenance: ['caller' as const] } },
  }
  const loss = lossOf({ resource_types: [more] }, ['invoice-clerk', 'other'])
  t.same([loss.types.size, loss.roles.size], [0, 0])
})

t.test('an action, a type or a role that is gone breaks what names it, and nothing else', async (t) => {
  const actions = lossOf({ resource_types: [{ ...type, actions: type.actions.filter(({ name }) => name !== 'read') }] })
  t.equal(isBrokenBy(actions, policy), true)
  t.equal(isBrokenBy(actions, { ...policy, actions: ['approve'] }), false)
  const gone = lossOf({ resource_types: [{ ...type, key: 'bill' }] })
  t.equal(isBrokenBy(gone, policy), true)
  t.equal(isBrokenBy(gone, { ...policy, resourceType: 'other' }), false)
  const role = lossOf({}, [])
  t.equal(isBrokenBy(role, { ...policy, roles: ['invoice-clerk'] }), true)
  t.equal(isBrokenBy(role, { ...policy, roles: ['other'] }), false)
})
