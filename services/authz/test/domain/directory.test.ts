/** Whom the platform knows itself, and when the directory is worth a look. */
import t from 'tap'
import { catalogOf } from '../../src/domain/catalog.ts'
import { directoryKeys, isOrganization, isPlatformPrincipal } from '../../src/domain/directory.ts'
import { invoices } from '../fixtures/catalog.ts'

t.test('a TypeID of the platform makes a principal; an application may name its own users', async (t) => {
  t.ok(isPlatformPrincipal({ type: 'user', id: 'user_01' }))
  t.ok(isPlatformPrincipal({ type: 'service_account', id: 'svc_01' }))
  for (const other of [
    { type: 'user', id: '7' },
    { type: 'user', id: 'svc_01' },
    { type: 'invoice', id: 'user_01' },
  ])
    t.notOk(isPlatformPrincipal(other), JSON.stringify(other))
  t.ok(isOrganization({ type: 'organization', id: 'org_01' }))
  t.notOk(isOrganization({ type: 'organization', id: '1' }))
})

t.test('nothing is looked up where no application reads what is stored', async (t) => {
  const withUsers = (provenance: 'stored' | 'caller') =>
    catalogOf([
      { key: 'i', manifest: { ...invoices, user_attributes: { grade: { type: 'number', provenance: [provenance] } } } },
    ])
  const asked = { orgId: 'org_01', userId: 'user_01' }
  t.same(directoryKeys(withUsers('caller'), asked), { user: undefined, organization: undefined })
  t.same(directoryKeys(withUsers('stored'), asked).user, { type: 'user', id: 'user_01' })
  t.same(directoryKeys(withUsers('stored'), { orgId: 'org_01' }).user, undefined)
})
