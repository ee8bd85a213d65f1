/** Subjects: what policies read of the roles they hold. */
import t from 'tap'
import { compileModel } from '../../src/domain/policy-model.ts'
import { entitySubject, memberSubject, serviceAccountSubject } from '../../src/domain/subject.ts'
import { invoices } from '../fixtures/catalog.ts'

const role = (key: string, inherits: string[] = []) => ({
  id: `role_${key}`,
  key,
  orgId: null,
  permissions: [],
  inherits,
})
const rows = {
  applications: [{ key: 'invoices', manifest: invoices, version: 1 }],
  roles: [role('reader'), role('clerk', ['reader']), role('chief', ['clerk'])],
  policies: [],
  shadowed: new Set<string>(),
}
const model = { ...compileModel(rows), keysById: new Map<string, string>(), shadowed: rows.shadowed }
const around = { model, directory: {} }
const asked = { nowMs: 0, request: {}, isByApplication: false }
const held = (key: string, resource?: { type: string; id: string }) => ({
  roleId: `role_${key}`,
  expiresAtMs: undefined,
  ...(resource && { resource }),
})

t.test('membership.roles is every role held, inherited ones too; what was given stays apart', async (t) => {
  const { platform, forAll } = memberSubject(around, {
    ...asked,
    orgId: 'org',
    userId: 'user',
    user: { version: 1, status: 'active', emailVerified: true },
    member: { id: 'mem', version: 1, status: 'active', isOwner: false, attributes: {}, roles: [held('chief')] },
  })
  t.same(platform.membership?.['roles'], ['chief', 'clerk', 'reader'])
  t.same(forAll.keys, ['chief'])
})

t.test(
  'the same of a service account, of something in the directory, and of a role held for one resource',
  async (t) => {
    const limited = serviceAccountSubject(around, {
      ...asked,
      orgId: 'org',
      serviceAccountId: 'svc',
      account: { version: 1, status: 'active', roles: [held('reader'), held('clerk', { type: 'invoice', id: '1' })] },
      scope: undefined,
      isOfPlatform: false,
    })
    t.same(limited.platform.membership?.['roles'], ['reader'])
    t.same(limited.forOne?.({ type: 'invoice', id: '1' }).allKeys, ['reader', 'clerk'])
    const entity = { entityId: 'ent', type: 'robot', id: 'r2', version: 1, attributes: {}, roles: [held('clerk')] }
    t.same(entitySubject(around, { ...asked, orgId: 'org', entity }).platform.membership?.['roles'], [
      'clerk',
      'reader',
    ])
  },
)
