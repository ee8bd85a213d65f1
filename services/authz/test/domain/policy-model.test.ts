/** One organization's rules, compiled: whose roles count, and when two organizations share a model. */
import t from 'tap'
import {
  compileModel,
  contentOf,
  keysByIdOf,
  roleKeysOf,
  withInherited,
  type ModelRows,
  type RoleRecord,
} from '../../src/domain/policy-model.ts'
import { invoices } from '../fixtures/catalog.ts'

const role = (id: string, key: string, orgId: string | null, permissions: string[] = []): RoleRecord => ({
  id,
  key,
  orgId,
  permissions,
})
const rows = (...roles: RoleRecord[]): ModelRows => ({
  applications: [{ key: 'invoices', manifest: invoices, version: 1 }],
  roles,
  policies: [],
  shadowed: new Set(),
})

t.test('no organization can take the key of a platform role', async (t) => {
  const taken = rows(role('2', 'reader', 'org', ['invoice:purge']), role('1', 'reader', null, ['invoice:read']))
  t.same(compileModel(taken).roles.get('reader')?.permissions, ['invoice:read'])
})

t.test('equal rules are one text, and whose ids the roles have is no part of it', async (t) => {
  const one = rows(role('p', 'reader', null), role('1', 'clerk', 'org-1', ['invoice:read']))
  const other = rows(role('p', 'reader', null), role('2', 'clerk', 'org-2', ['invoice:read']))
  t.equal(contentOf(one), contentOf(other))
  t.not(contentOf(one), contentOf(rows(role('p', 'reader', null), role('1', 'clerk', 'org-1', ['invoice:create']))))
  t.not(
    contentOf(one),
    contentOf(rows(role('q', 'reader', null), role('1', 'clerk', 'org-1', ['invoice:read']))),
    'a platform role’s id is',
  )
  const compiled = compileModel(one)
  const model = { ...compiled, keysById: keysByIdOf(other, compiled) }
  t.same(roleKeysOf(model, ['2', 'p', 'gone']), ['clerk', 'reader'], 'an id without a role gives nothing')
})

t.test('keys bring what they inherit, each once; one that is not known stays itself', async (t) => {
  const roles = new Map([
    ['a', { key: 'a', permissions: [], inherits: ['b', 'c'] }],
    ['b', { key: 'b', permissions: [], inherits: ['c'] }],
    ['c', { key: 'c', permissions: [] }],
  ])
  t.same([...withInherited(roles, ['a'])].sort(), ['a', 'b', 'c'])
  t.same([...withInherited(roles, ['b', 'a'])].sort(), ['a', 'b', 'c'])
  t.same(withInherited(roles, []), [])
  t.same(withInherited(roles, ['gone']), ['gone'])
})
