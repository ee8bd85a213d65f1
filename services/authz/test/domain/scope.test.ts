/** Which sets of permissions cover one. */
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import t from 'tap'
import { catalogOf } from '../../src/domain/catalog.ts'
import { covers, overlapOf } from '../../src/domain/scope.ts'
import { invoices } from '../fixtures/catalog.ts'
import { gatehouse } from '../fixtures/gatehouse.ts'

const catalog = catalogOf([gatehouse, { key: 'invoices', manifest: invoices }])
const does = (set: string[], permission: string) => covers(new Set(set), { permission, catalog })

t.test('by name, or by a wildcard, which never covers what is sensitive', async (t) => {
  t.ok(does(['invoice:purge'], 'invoice:purge'), 'by its name')
  for (const wildcard of ['invoice:*', '*:*']) {
    t.ok(does([wildcard], 'invoice:read'), wildcard)
    t.notOk(does([wildcard], 'invoice:purge'), `${wildcard}: sensitive`)
    t.notOk(does([wildcard], 'invoice:gone'), `${wildcard}: not in the catalog`)
  }
  t.ok(does(['*:*'], 'invoice:*'))
  t.notOk(does(['invoice:*'], '*:*'))
  t.notOk(does(['gatehouse:*'], 'invoice:read'))
  t.notOk(does([], 'invoice:read'))
})

t.test('an overlap is the same from both sides and never more than either', async () => {
  const permission = fc.constantFrom(
    '*:*',
    'invoice:*',
    'invoice:read',
    'invoice:purge',
    'gatehouse:*',
    'gatehouse:roles.read',
    'gatehouse:catalog.write',
  )
  const set = fc.uniqueArray(permission).map((list) => new Set(list))
  fc.assert(
    fc.property(set, set, (one, other) => {
      const both = overlapOf(one, other, catalog)
      const isWithin = both.every((each) => [one, other].every((of) => covers(of, { permission: each, catalog })))
      return isWithin && [...both].sort().join() === overlapOf(other, one, catalog).sort().join()
    }),
  )
})
