/** Which attributes need the permission to write attributes: those that policies read of whom the entity stands for. */
import t from 'tap'
import { catalogOf } from '../../src/domain/catalog.ts'
import { checkPolicyDefinition } from '../../src/domain/policy-definition.ts'
import { protectedAttributes, protectedChanges } from '../../src/domain/protected-attributes.ts'
import { invoices } from '../fixtures/catalog.ts'

const manifest = {
  ...invoices,
  user_attributes: { grade: { type: 'number' as const, provenance: ['stored' as const] } },
}
const catalog = catalogOf([{ key: 'invoices', manifest }])
const policyReading = (when: string) => {
  const checked = checkPolicyDefinition(
    { key: 'p', effect: 'allow', resource_type: 'invoice', actions: ['approve'], when },
    { catalog, roles: new Map() },
  )
  if (!checked.ok || !checked.condition) throw new Error(JSON.stringify(checked))
  return {
    key: 'p',
    scope: 'organization' as const,
    effect: 'allow' as const,
    resourceType: 'invoice',
    actions: ['approve'],
    when: checked.condition,
  }
}
const policies = [policyReading('membership.limit > 3.0 || user.grade > 2.0 || resource.risk == "low"')]

t.test('names by source', async (t) => {
  t.same(protectedAttributes(policies, 'membership'), ['limit'])
  t.same(protectedAttributes(policies, 'user'), ['grade'])
  t.same(protectedAttributes(policies, 'organization'), [])
  t.same(protectedAttributes([], 'membership'), [])
})

t.test('changes: set, altered or taken away; not what stays, and not a resource’s own', async (t) => {
  const person = { type: 'user', id: 'user_01' }
  const cases = [
    [person, {}, { grade: 3 }, ['grade']],
    [person, { grade: 3 }, { grade: 4 }, ['grade']],
    [person, { grade: 3 }, {}, ['grade']],
    [person, { grade: 3 }, { grade: 3, colour: 'red' }, []],
    [person, {}, { limit: 9 }, []],
    [{ type: 'user', id: 'ann' }, {}, { limit: 9, grade: 1 }, ['grade', 'limit']],
    [{ type: 'agent', id: '7' }, {}, { limit: 9 }, ['limit']],
    [{ type: 'invoice', id: '7' }, {}, { limit: 9, risk: 'low' }, []],
  ] as const
  for (const [entity, before, after, names] of cases)
    t.same(
      protectedChanges({ catalog, policies }, entity, { before, after }),
      names,
      JSON.stringify([entity, before, after]),
    )
})
