/**
 * Compiled policy models are shared by what they say, and few: memory does not grow with the number of organizations
 * that think alike, nor without bound with those that differ.
 */
import t from 'tap'
import type { CheckedIr } from '@gatehouse/policy/ir/condition'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import { testDatabase } from '@gatehouse/test-kit/database'
import { roleKeysOf } from '../../src/domain/policy-model.ts'
import { closePolicy, insertNextPolicy } from '../../src/store/policies.ts'
import { policies, roles } from '../../src/store/schema.ts'
import { createPolicyModels } from '../../src/facts/policy-models.ts'
import { createPolicyRows } from '../../src/facts/policy-rows.ts'

const database = await testDatabase(t, { services: ['authz'] })
const db = database.connect('authz', 'runtime')
const system = database.connect('authz', 'system')

const deny = (orgId: string, key: string) => ({
  id: newId('pol'),
  version: 1,
  orgId,
  key,
  effect: 'deny' as const,
  resourceType: 'gatehouse',
  actions: ['members.read'],
  condition: null,
})

/** Organizations with three roles and two policies each; `permissionOf` says what sets one apart from another. */
async function organizations(
  count: number,
  permissionOf: (nth: number) => string,
): Promise<{ orgId: string; roleId: string }[]> {
  const made = Array.from({ length: count }, () => ({ orgId: newId('org'), roleId: newId('role') }))
  const own = made.flatMap(({ orgId, roleId }, nth) =>
    ['clerk', 'buyer', 'auditor'].map((key, place) => ({
      id: place === 0 ? roleId : newId('role'),
      version: 1,
      orgId,
      key,
      name: key,
      permissions: [permissionOf(nth)],
    })),
  )
  const denies = made.flatMap(({ orgId }) => ['locked', 'frozen'].map((key) => deny(orgId, key)))
  await inScope(system, {}, async (tx) => {
    await tx.insert(roles).values(own)
    await tx.insert(policies).values(denies)
  })
  return made
}

t.test(
  'organizations whose rules say the same share one compiled set and keep the ids of their own roles',
  async (t) => {
    const models = createPolicyModels({ db, policyRows: createPolicyRows() })
    const alike = await organizations(300, () => 'gatehouse:members.read')
    const [first] = alike as [(typeof alike)[0]]
    const { set } = await models.get(first.orgId)
    for (const { orgId, roleId } of alike) {
      const model = await models.get(orgId)
      if (model.set !== set) t.fail(`${orgId} has a set of its own`)
      t.same(roleKeysOf(model, [roleId, orgId === first.orgId ? '' : first.roleId]), ['clerk'])
    }
    t.same(models.size, { organizations: 300, compiled: 1 })

    await inScope(system, {}, (tx) => tx.insert(policies).values(deny(first.orgId, 'one-more')))
    models.drop(first.orgId)
    t.not((await models.get(first.orgId)).set, set, 'whose rules say something else leaves')
    t.equal((await models.get(alike[1]?.orgId)).set, set, 'and the others stay')
  },
)

t.test('organizations that differ cost a bounded number of compiled sets, and every answer stays right', async (t) => {
  const models = createPolicyModels({ db, policyRows: createPolicyRows() })
  const different = await organizations(520, (nth) => `gatehouse:own${nth}`)
  const permissionsOf = async ({ orgId }: { orgId: string }) =>
    (await models.get(orgId)).roles.get('clerk')?.permissions
  for (const [nth, one] of different.entries()) t.same(await permissionsOf(one), [`gatehouse:own${nth}`])
  t.equal(models.size.organizations, 520)
  t.ok(models.size.compiled <= 500, 'sets not asked for lately have gone')
  const [first] = different as [(typeof different)[0]]
  t.same(await permissionsOf(first), ['gatehouse:own0'], 'what has gone is compiled again')
  t.ok(models.size.compiled <= 500)
})

t.test('after one policy of many was saved, one is read and one is compiled', async (t) => {
  const policyRows = createPolicyRows()
  const models = createPolicyModels({ db, policyRows })
  const orgId = newId('org')
  const when = (limit: number): CheckedIr => ({
    version: 1,
    root: {
      kind: 'compare',
      operator: '<',
      at: 0,
      left: { kind: 'attribute', at: 0, source: 'request', name: 'risk', type: 'number' },
      right: { kind: 'literal', at: 0, value: limit },
    },
  })
  const own = Array.from({ length: 400 }, (_, n) => ({
    ...deny(orgId, `own-${n}`),
    whenSource: `request.risk < ${n}`,
    condition: when(n),
  }))
  await inScope(system, {}, (tx) => tx.insert(policies).values(own))
  const conditions = async () => {
    const { denies = [] } = (await models.get(orgId)).set.types.get('gatehouse')?.get('members.read') ?? {}
    return denies.filter(({ key }) => key.startsWith('own-'))
  }
  const before = await conditions()
  t.equal(before.length, 400)
  const readBefore = policyRows.versionsRead
  await inScope(system, {}, async (tx) => {
    const closed = await closePolicy(tx, { id: own[7]?.id ?? '', version: 1 })
    if (closed) await insertNextPolicy(tx, closed, { ...closed, condition: when(1_000) })
  })
  models.drop(orgId)
  const after = await conditions()
  const compiled = after.filter(({ key, condition }) => before.find((one) => one.key === key)?.condition !== condition)
  t.same([policyRows.versionsRead - readBefore, compiled.map(({ key }) => key)], [1, ['own-7']])
  await inScope(system, {}, (tx) => closePolicy(tx, { id: own[8]?.id ?? '', version: 1 }))
  models.drop(orgId)
  t.equal((await conditions()).length, 399, 'what has ended is not in reach')
  t.equal(policyRows.versionsRead - readBefore, 1)
})
