/** Which roles can be defined: permissions of the catalog, parents that exist and can be inherited, no circle. */
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import t from 'tap'
import { catalogOf } from '../../src/domain/catalog.ts'
import { checkRoleDefinition } from '../../src/domain/role-definition.ts'
import { invoices } from '../fixtures/catalog.ts'
import { gatehouse } from '../fixtures/gatehouse.ts'

const catalog = catalogOf([gatehouse, { key: 'invoices', manifest: invoices }])
const role = (key: string, inherits: string[] = []) => ({ key, permissions: [] as string[], inherits })
const others = (...roles: ReturnType<typeof role>[]) => new Map(roles.map((one) => [one.key, one]))
const paths = (definition: ReturnType<typeof role>, known: ReturnType<typeof others>) =>
  checkRoleDefinition(definition, { catalog, others: known }).map(({ path }) => path)

t.test('every problem is told at once, where it is', async (t) => {
  const wrong = { ...role('x', ['owner', 'nobody', 'platform-admin']), permissions: ['invoice:read', 'a:b', '*:*'] }
  t.same(paths(wrong, others(role('owner'), role('platform-admin'))), [
    '/permissions/1',
    '/permissions/2',
    '/inherits/0',
    '/inherits/1',
    '/inherits/2',
  ])
  t.same(paths({ ...role('x', ['reader']), permissions: ['invoice:*'] }, others(role('reader'))), [])
})

t.test('a definition replaces the role of its key, and no circle stays unseen', async (t) => {
  const known = others(role('a', ['b']), role('b', ['c']), role('c'))
  t.same(paths(role('c', ['a']), known), ['/inherits'])
  t.same(paths(role('a', ['a']), known), ['/inherits'], 'itself')
  t.same(paths(role('a', ['c']), known), [], 'the older definition of its key does not count')
  const key = fc.constantFrom('a', 'b', 'c', 'd', 'e')
  fc.assert(
    fc.property(fc.array(fc.tuple(key, key)), key, fc.uniqueArray(key), (edges, changed, inherits) => {
      // Only arrows down the alphabet: without the changed role there is no circle.
      const down = (from: string) => edges.flatMap(([one, two]) => (one === from && two > from ? [two] : []))
      const before = new Map(['a', 'b', 'c', 'd', 'e'].map((one) => [one, role(one, down(one))]))
      const reach = (from: string, seen = new Set<string>()): Set<string> => {
        for (const next of from === changed ? inherits : down(from)) if (!seen.has(next)) reach(next, seen.add(next))
        return seen
      }
      return paths(role(changed, inherits), before).includes('/inherits') === reach(changed).has(changed)
    }),
  )
})
