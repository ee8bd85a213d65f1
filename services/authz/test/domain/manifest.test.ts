/** Which applications can be declared beside those there are. */
import t from 'tap'
import type { ApplicationManifest } from '@gatehouse/contracts/http/authz/catalog'
import { checkManifest } from '../../src/domain/manifest.ts'
import { invoices } from '../fixtures/catalog.ts'
import { gatehouse } from '../fixtures/gatehouse.ts'

const [type] = invoices.resource_types
if (!type) throw new Error('the fixture has no type')
const others = { applications: [gatehouse], roles: [], policyKeys: new Set<string>() }
const check = (change: Partial<ApplicationManifest>, beside: Parameters<typeof checkManifest>[1] = others) =>
  checkManifest({ key: 'invoices', manifest: { ...invoices, ...change } }, beside)
const pathsOf = (errors: readonly { path: string }[]) => errors.map(({ path }) => path)
const string = { type: 'string' as const, provenance: ['caller' as const] }

t.test('a good one has no error, and its conditions come back by policy key', async (t) => {
  const checked = check({})
  t.match(checked, { errors: [], conflicts: [], policyErrors: [] })
  t.same([...checked.conditions.keys()], ['approve-own-department', 'locked-stays'])
})

t.test('what others declared is theirs', async (t) => {
  const beside = {
    applications: [gatehouse, { key: 'older', manifest: { ...invoices, policies: [], roles: [] } }],
    roles: [{ key: 'invoice-clerk', permissions: [], application: 'older' }],
    policyKeys: new Set(['locked-stays']),
  }
  t.same(pathsOf(check({}, beside).conflicts), ['/resource_types/0/key', '/roles/1/key', '/policies/1/key'])
})

t.test('nothing stands twice', async (t) => {
  const [role] = invoices.roles
  const [policy] = invoices.policies
  const twice = check({
    resource_types: [{ ...type, actions: [...type.actions, { name: 'read' }] }, type],
    roles: role ? [...invoices.roles, role] : [],
    policies: policy ? [...invoices.policies, policy] : [],
  })
  t.same(pathsOf(twice.errors), ['/resource_types/1', '/roles/3', '/policies/2', '/resource_types/0/actions/4'])
})

t.test('names the platform uses itself are reserved, in every bag', async (t) => {
  const { errors } = check({
    user_attributes: { id: string },
    membership_attributes: { ...invoices.membership_attributes, roles: string },
    organization_attributes: { id: { type: 'string', provenance: ['stored'] }, size: string },
    resource_types: [
      {
        ...type,
        attributes: { ...type.attributes, type: string },
        action_attributes: { name: string },
        request_attributes: { at_least: string },
      },
    ],
  })
  t.same(pathsOf(errors).sort(), [
    '/membership_attributes/roles',
    '/organization_attributes/id',
    '/organization_attributes/size',
    '/resource_types/0/action_attributes/name',
    '/resource_types/0/attributes/type',
    '/resource_types/0/request_attributes/at_least',
    '/user_attributes/id',
  ])
})

t.test('an application hands out what it defines, and nothing of another', async (t) => {
  t.same(
    pathsOf(check({ roles: [{ key: 'x', name: 'X', permissions: ['gatehouse:roles.read'] }], policies: [] }).errors),
    ['/roles/0/permissions/0'],
  )
  const foreign = { key: 'p', effect: 'allow' as const, resource_type: 'gatehouse', actions: ['roles.read'] }
  t.same(pathsOf(check({ policies: [foreign] }).policyErrors), ['/policies/0/resource_type'])
  t.same(pathsOf(check({ policies: [{ ...foreign, resource_type: 'invoice', actions: ['burn'] }] }).policyErrors), [
    '/policies/0/actions/0',
  ])
})
