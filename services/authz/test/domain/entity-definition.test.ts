/** What can be stored of an entity. */
import t from 'tap'
import { catalogOf } from '../../src/domain/catalog.ts'
import { checkEntityDefinition } from '../../src/domain/entity-definition.ts'
import { invoices } from '../fixtures/catalog.ts'

const manifest = {
  ...invoices,
  user_attributes: { grade: { type: 'number' as const, provenance: ['stored' as const] } },
}
const catalog = catalogOf([{ key: 'invoices', manifest }])
const paths = (entity: { type: string; id: string; attributes?: object; roles?: string[] }) =>
  checkEntityDefinition(
    { roles: [], ...entity, attributes: { ...entity.attributes } },
    { catalog, roles: new Set(['clerk']) },
  ).map(({ path }) => path)

t.test('of a known type only what is stored, of its type', async (t) => {
  const invoice = { type: 'invoice', id: '1' }
  t.same(paths({ ...invoice, attributes: { locked: true, risk: 'low' } }), [])
  t.same(paths({ ...invoice, attributes: { amount: 1, colour: 'red', locked: 'yes', constructor: 1 } }), [
    '/attributes/amount',
    '/attributes/colour',
    '/attributes/locked',
    '/attributes/constructor',
  ])
})

t.test('of a type nobody declared whatever it is', async (t) =>
  t.same(paths({ type: 'anything', id: '1', attributes: { a: 1, constructor: 'x' } }), []),
)

t.test('people hold roles by assignment, others hold those that can be given here', async (t) => {
  const person = { type: 'user', id: 'user_01' }
  t.same(paths({ ...person, attributes: { grade: 3 } }), [])
  t.same(paths({ ...person, attributes: { locked: true }, roles: ['clerk'] }), ['/roles', '/attributes/locked'])
  t.same(paths({ type: 'user', id: '7', roles: ['clerk'] }), [])
  t.same(paths({ type: 'user', id: '7', roles: ['clerk', 'nobody'] }), ['/roles/1'])
})
