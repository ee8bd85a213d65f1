/** What has to happen to bring one organization's document to another. */
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import t from 'tap'
import {
  assignmentKey,
  completed,
  manifestChanges,
  ordered,
  repeatedKeys,
  type FullManifest,
} from '../../src/domain/manifest-diff.ts'

const role = (key: string, permissions: string[] = [], inherits: string[] = []) => ({
  key,
  name: key,
  permissions,
  inherits,
})
const empty: FullManifest = { roles: [], policies: [], groups: [], assignments: [] }

t.test('the order in which a set was written is no difference', async (t) => {
  const one = ordered({
    ...empty,
    roles: [role('b', ['y', 'x'], ['q', 'p']), role('a')],
    groups: [{ key: 'g', name: 'G', members: ['2', '1'] }],
  })
  const other = ordered({
    ...empty,
    roles: [role('a'), role('b', ['x', 'y'], ['p', 'q'])],
    groups: [{ key: 'g', name: 'G', members: ['1', '2'] }],
  })
  t.same(manifestChanges(one, other), [])
  const at = (expires_at: string) =>
    ordered({ ...empty, assignments: [{ principal: { user: 'u' }, role: 'a', expires_at }] })
  t.same(manifestChanges(at('2026-01-01T01:00:00+01:00'), at('2026-01-01T00:00:00.000Z')), [], 'nor is the zone')
})

t.test('parts the wanted document leaves out stay; an empty part takes everything', async (t) => {
  const current = ordered({ ...empty, roles: [role('a')], groups: [{ key: 'g', name: 'G', members: [] }] })
  t.same(manifestChanges(current, completed({}, current)), [])
  t.match(manifestChanges(current, completed({ roles: [] }, current)), [{ part: 'roles', key: 'a', kind: 'delete' }])
  t.match(manifestChanges(current, completed({ roles: [role('a', ['x:y']), role('b')] }, current)), [
    { part: 'roles', key: 'a', kind: 'update', changes: [{ path: '/permissions' }] },
    { part: 'roles', key: 'b', kind: 'create' },
  ])
})

t.test('an assignment is told by who, what and where; a group is never a person', async (t) => {
  const base = { role: 'a' }
  const keys = [
    assignmentKey({ ...base, principal: { user: 'x' } }),
    assignmentKey({ ...base, principal: { group: 'x' } }),
    assignmentKey({ ...base, principal: { user: 'x' }, resource: { type: 'invoice', id: '1' } }),
    assignmentKey({ ...base, principal: { user: 'x' }, resource: { type: 'invoice', id: '2' } }),
  ]
  t.equal(new Set(keys).size, keys.length)
  const twice = { principal: { user: 'x' }, role: 'a' }
  t.same(
    repeatedKeys({ roles: [role('a'), role('b'), role('a')], assignments: [twice, twice] }).map(({ path }) => path),
    ['/roles/2', '/assignments/1'],
  )
})

t.test('a document differs from itself in nothing, and both ways in the same places', async () => {
  const key = fc.constantFrom('a', 'b', 'c')
  const roles = fc.uniqueArray(fc.tuple(key, fc.uniqueArray(key)), { selector: ([name]) => name })
  const document = roles.map((list) =>
    ordered({ ...empty, roles: list.map(([name, permissions]) => role(name, permissions)) }),
  )
  const opposite = { create: 'delete', delete: 'create', update: 'update' } as const
  fc.assert(
    fc.property(document, document, (one, other) => {
      const there = manifestChanges(one, other).map(({ key, kind }) => `${key} ${kind}`)
      const back = manifestChanges(other, one).map(({ key, kind }) => `${key} ${opposite[kind]}`)
      return manifestChanges(one, one).length === 0 && there.sort().join() === back.sort().join()
    }),
  )
})
