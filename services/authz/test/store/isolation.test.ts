/** Row-level security: the runtime role sees the platform's model and the scope's own rows, and writes nothing else. */
import t from 'tap'
import { sql } from 'drizzle-orm'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { sqlState } from '@gatehouse/service-kit/postgres/errors'
import { inScope, rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { testDatabase } from '@gatehouse/test-kit/database'
import { claimJoining, insertMemberRoles, insertPlatformRole } from '../../src/store/assignments.ts'
import { upsertMembership, upsertOrganization, upsertUser } from '../../src/store/copies.ts'
import { insertPolicy } from '../../src/store/policies.ts'
import { claimRoleEnd, insertNextRole, insertRole } from '../../src/store/roles.ts'

const database = await testDatabase(t, { services: ['authz'] })
const runtime = database.connect('authz', 'runtime')
const system = database.connect('authz', 'system')
const ids = () => ({ orgId: newId('org'), userId: newId('user'), membershipId: newId('mem'), roleId: newId('role') })
const [ours, theirs] = [ids(), ids()]
const role = (o: { orgId: string; roleId: string }) => ({ id: o.roleId, version: 1, orgId: o.orgId, application: null, key: 'own', name: 'Own', permissions: [], inherits: [] })

for (const o of [ours, theirs]) {
  await inScope(system, {}, async (tx) => {
    await upsertUser(tx, { id: o.userId, version: 1 })
    await upsertOrganization(tx, { id: o.orgId, version: 1, status: 'active' })
    await upsertMembership(tx, { id: o.membershipId, version: 1, orgId: o.orgId, userId: o.userId, status: 'active', isOwner: false, attributes: {} })
    await claimJoining(tx, { ...o, version: 1 })
    await insertRole(tx, role(o))
    await insertMemberRoles(tx, { ...o, roleIds: [o.roleId], givenBy: 'system' })
    await insertPolicy(tx, { id: newId('pol'), version: 1, orgId: o.orgId, application: null, key: 'p', effect: 'deny', resourceType: 'gatehouse', actions: ['x'], roles: null, whenSource: null, condition: null, obligation: null, tests: null })
    await insertPlatformRole(tx, { userId: o.userId, roleId: o.roleId, givenBy: 'system' })
  })
}

const tables = ['roles', 'policies', 'assignments', 'role_holders', 'users', 'organizations', 'memberships']
const counts = (scope: { orgId?: string; userId?: string }) =>
  inScope(runtime, scope, async (tx) => {
    const found: Record<string, number> = {}
    for (const table of tables) found[table] = Number(rowsOf<{ n: string }>(await tx.execute(sql`select count(*) as n from ${sql.identifier(table)} ${table === 'roles' ? sql`where org_id is not null` : sql``}`))[0]?.n)
    return found
  })

t.test('without a scope there are 0 rows of anybody', async (t) => {
  t.same(await counts({}), { roles: 0, policies: 0, assignments: 0, role_holders: 0, users: 0, organizations: 0, memberships: 0 })
})

t.test('a scope sees its organization and its person, and nothing of another', async (t) => {
  t.same(await counts({ orgId: ours.orgId }), { roles: 1, policies: 1, assignments: 1, role_holders: 1, users: 0, organizations: 1, memberships: 1 })
  t.same(await counts({ userId: ours.userId }), { roles: 0, policies: 0, assignments: 2, role_holders: 0, users: 1, organizations: 0, memberships: 0 })
  t.same(await counts({ orgId: newId('org'), userId: newId('user') }), { roles: 0, policies: 0, assignments: 0, role_holders: 0, users: 0, organizations: 0, memberships: 0 })
})

t.test('a scope cannot write into another organization, nor into the platform', async (t) => {
  const write = (row: Parameters<typeof insertRole>[1]) => inScope(runtime, { orgId: ours.orgId }, (tx) => insertRole(tx, row))
  const refused = async (work: Promise<unknown>, name: string) => t.equal(await work.then(() => 'accepted', sqlState), '42501', name)
  await refused(write({ ...role(theirs), id: newId('role'), key: 'intruder' }), 'a role elsewhere')
  await refused(write({ ...role(ours), id: newId('role'), key: 'platform', orgId: null, application: 'gatehouse' }), 'a platform role')
  await refused(inScope(runtime, { userId: ours.userId }, (tx) => insertPlatformRole(tx, { userId: ours.userId, roleId: newId('role'), givenBy: 'system' })), 'a platform assignment')
  await refused(inScope(runtime, { orgId: ours.orgId }, (tx) => upsertUser(tx, { id: ours.userId, version: 9 })), 'a copy')
  t.equal(await inScope(runtime, { orgId: ours.orgId }, (tx) => claimRoleEnd(tx, { id: theirs.roleId, version: 1 })), undefined, 'ending another’s role')
})

t.test('what decides is never overwritten or deleted, not even by the system role', async (t) => {
  for (const statement of [sql`update roles set permissions = '{}'`, sql`update policies set condition = null`, sql`update memberships set is_owner = true`, sql`delete from assignments`, sql`delete from roles`]) {
    t.equal(await system.execute(statement).then(() => 'accepted', sqlState), '42501')
  }
})

t.test('the versions of a role follow each other without a gap', async (t) => {
  const history = await inScope(runtime, { orgId: ours.orgId }, async (tx) => {
    const ended = await claimRoleEnd(tx, { id: ours.roleId, version: 1 })
    if (ended) await insertNextRole(tx, ended, { name: 'Next', permissions: ['gatehouse:*'], inherits: [] })
    return rowsOf<{ version: string; name: string; ends: boolean }>(
      await tx.execute(sql`select version, name, valid_to is not distinct from lead(valid_from) over (order by version) as ends from roles where org_id is not null order by version`),
    )
  })
  t.same(history.map(({ version, name, ends }) => [Number(version), name, ends]), [[1, 'Own', true], [2, 'Next', true]])
})
