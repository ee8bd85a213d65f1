/** What is told of an impact to who may not see whom decisions were about. */
import t from 'tap'
import { coarse, countImpact, leastCount, rulesChange } from '../../src/domain/impact.ts'
import { compileModel } from '../../src/domain/policy-model.ts'
import { invoices } from '../fixtures/catalog.ts'

const rows = (permissions: string[]) => ({
  applications: [{ key: 'invoices', manifest: invoices, version: 1 }],
  roles: [{ id: 'role_1', key: 'reader', orgId: null, permissions }],
  policies: [],
  shadowed: new Set<string>(),
})
const change = rulesChange(compileModel(rows([])).set, compileModel(rows(['invoice:read'])).set)
const impactOn = (people: number, each: number) => {
  const { add, impact } = countImpact()
  for (let person = 0; person < people; person += 1)
    for (let time = 0; time < each; time += 1)
      add(
        {
          decidedAt: new Date(0),
          orgId: 'org_1',
          subjectType: 'user',
          subjectId: `user_${person}`,
          resourceType: 'invoice',
          resourceId: '1',
          action: 'read',
          roles: ['reader'],
          attributes: {},
          withheld: [],
          allowed: false,
          reason: { code: 'not_granted' },
        },
        change,
      )
  return impact
}

t.test('few people are not counted, however often they asked', async (t) => {
  const shown = coarse(impactOn(leastCount - 1, 50))
  t.match(shown, { flips: { allowed: 0, denied: 0 }, replayed: 450, examples: [] })
  t.same([shown.byRole.size, shown.byPermission.size, shown.byOrganization.size], [0, 0, 0])
})

t.test('many are counted in tens, so that one person more or less is not seen', async (t) => {
  const [one, other] = [coarse(impactOn(11, 1)), coarse(impactOn(12, 1))]
  t.same(one, { ...other, subjects: one.subjects })
  t.match(one, { flips: { allowed: 10, denied: 0 }, replayed: 10, examples: [] })
  t.equal(impactOn(12, 1).flips.allowed, 12)
  t.ok(impactOn(12, 1).examples.length > 0)
})
