/** Row-level security: the runtime role sees the platform's model and the scope's own rows, and writes nothing else. */
import t from 'tap'
import { sql } from 'drizzle-orm'
import { MembershipUpdated } from '@gatehouse/contracts/events/orgs/membership'
import { OrganizationDeleted } from '@gatehouse/contracts/events/orgs/organization'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { sqlState } from '@gatehouse/service-kit/postgres/errors'
import { inScope, rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { testDatabase } from '@gatehouse/test-kit/database'
import { quietLog } from '@gatehouse/test-kit/log'
import { createNeighbour } from '@gatehouse/test-kit/neighbour'
import { claimJoining, insertMemberRoles, insertPlatformRole } from '../../src/store/assignments.ts'
import { upsertMembership, upsertOrganization, upsertServiceAccount, upsertUser } from '../../src/store/copies.ts'
import { insertDecisions } from '../../src/store/decisions.ts'
import { insertEntity } from '../../src/store/entities.ts'
import { findServiceAccountFacts } from '../../src/store/facts.ts'
import { closeGroup, insertGroup, insertGroupMember } from '../../src/store/groups.ts'
import { upsertPolicyDraft } from '../../src/store/policy-drafts.ts'
import { upsertPolicyShadow } from '../../src/store/policy-shadows.ts'
import { insertPolicy } from '../../src/store/policies.ts'
import { closeRole, insertNextRole, insertRole } from '../../src/store/roles.ts'
import { applyOrganizationEvent } from '../../src/use-cases/projections/project-organizations.ts'
import {
  insertServiceAccountRoles,
  listServiceAccountRoles,
  lockServiceAccountRoles,
} from '../../src/store/service-account-roles.ts'

const database = await testDatabase(t, { services: ['authz'] })
const runtime = database.connect('authz', 'runtime')
const system = database.connect('authz', 'system')
const ids = () => ({
  groupId: newId('grp'),
  orgId: newId('org'),
  userId: newId('user'),
  membershipId: newId('mem'),
  roleId: newId('role'),
})
const [ours, theirs] = [ids(), ids()]
const role = (o: { orgId: string; roleId: string }) => ({
  id: o.roleId,
  version: 1,
  orgId: o.orgId,
  application: null,
  key: 'own',
  name: 'Own',
  permissions: [],
  inherits: [],
})

for (const o of [ours, theirs]) {
  await inScope(system, {}, async (tx) => {
    await upsertUser(tx, { id: o.userId, version: 1 })
    await upsertOrganization(tx, { id: o.orgId, version: 1, status: 'active' })
    await upsertMembership(tx, {
      id: o.membershipId,
      version: 1,
      orgId: o.orgId,
      userId: o.userId,
      status: 'active',
      isOwner: false,
      attributes: o === ours ? { level: 1 } : {},
    })
    await claimJoining(tx, { ...o, version: 1 })
    await insertRole(tx, role(o))
    await insertMemberRoles(tx, { ...o, roleIds: [o.roleId], givenBy: 'system' })
    await insertPolicy(tx, {
      id: newId('pol'),
      version: 1,
      orgId: o.orgId,
      application: null,
      key: 'p',
      effect: 'deny',
      resourceType: 'gatehouse',
      actions: ['x'],
      roles: null,
      whenSource: null,
      condition: null,
      obligation: null,
      tests: null,
    })
    await insertPlatformRole(tx, { userId: o.userId, roleId: o.roleId, givenBy: 'system' })
  })
}

const record = {
  decidedAt: new Date(),
  subjectType: 'user',
  subjectId: 'u',
  resourceType: 'gatehouse',
  resourceId: '1',
  action: 'x',
  roles: [],
  attributes: {},
  withheld: [],
  allowed: false,
  reason: { code: 'not_granted' as const },
}
await insertDecisions(
  system,
  [ours, theirs].map(({ orgId }) => ({ ...record, orgId })),
)

for (const o of [ours, theirs]) {
  await inScope(runtime, { orgId: o.orgId }, async (tx) => {
    await insertGroup(tx, { id: o.groupId, version: 1, orgId: o.orgId, key: 'g', name: 'G' })
    await insertGroupMember(tx, { ...o, addedBy: 'system' })
    await upsertPolicyDraft(tx, {
      orgId: o.orgId,
      policyId: newId('pol'),
      baseVersion: 1,
      content: { effect: 'deny', resource_type: 'gatehouse', actions: ['x'] },
    })
    await upsertPolicyShadow(tx, { orgId: o.orgId, policyId: newId('pol') })
    await insertEntity(tx, {
      id: newId('ent'),
      version: 1,
      orgId: o.orgId,
      type: 'invoice',
      key: '1',
      attributes: o === ours ? { amount: 5 } : {},
      roleIds: [],
      deleted: false,
    })
  })
}

const none = {
  roles: 0,
  policies: 0,
  assignments: 0,
  role_holders: 0,
  users: 0,
  organizations: 0,
  memberships: 0,
  groups: 0,
  group_members: 0,
  policy_drafts: 0,
  policy_shadows: 0,
  decisions: 0,
  entities: 0,
}
const tables = Object.keys(none)
const counts = (scope: { orgId?: string; userId?: string }) =>
  inScope(runtime, scope, async (tx) => {
    const found: Record<string, number> = {}
    for (const table of tables)
      found[table] = Number(
        rowsOf<{ n: string }>(
          await tx.execute(
            sql`select count(*) as n from ${sql.identifier(table)}
              ${table === 'roles' ? sql`where org_id is not null` : sql``}`,
          ),
        )[0]?.n,
      )
    return found
  })

t.test('without a scope there are 0 rows of anybody', async (t) => {
  t.same(await counts({}), none)
})

t.test('a scope sees its organization and its person, and nothing of another', async (t) => {
  t.same(await counts({ orgId: ours.orgId }), {
    ...none,
    roles: 1,
    policies: 1,
    assignments: 1,
    role_holders: 1,
    organizations: 1,
    memberships: 1,
    groups: 1,
    group_members: 1,
    policy_drafts: 1,
    policy_shadows: 1,
    decisions: 1,
    entities: 1,
  })
  t.same(await counts({ userId: ours.userId }), { ...none, assignments: 2, users: 1 })
  t.same(await counts({ orgId: newId('org'), userId: newId('user') }), none)
})

t.test('a scope cannot write into another organization, nor into the platform', async (t) => {
  const write = (row: Parameters<typeof insertRole>[1]) =>
    inScope(runtime, { orgId: ours.orgId }, (tx) => insertRole(tx, row))
  const refused = async (work: Promise<unknown>, name: string) =>
    t.equal(await work.then(() => 'accepted', sqlState), '42501', name)
  await refused(write({ ...role(theirs), id: newId('role'), key: 'intruder' }), 'a role elsewhere')
  await refused(
    write({ ...role(ours), id: newId('role'), key: 'platform', orgId: null, application: 'gatehouse' }),
    'a platform role',
  )
  await refused(
    inScope(runtime, { userId: ours.userId }, (tx) =>
      insertPlatformRole(tx, { userId: ours.userId, roleId: newId('role'), givenBy: 'system' }),
    ),
    'a platform assignment',
  )
  await refused(
    inScope(runtime, { orgId: ours.orgId }, (tx) => upsertUser(tx, { id: ours.userId, version: 9 })),
    'a copy',
  )
  await refused(
    inScope(runtime, { orgId: ours.orgId }, (tx) =>
      insertGroup(tx, { id: newId('grp'), version: 1, orgId: theirs.orgId, key: 'x', name: 'X' }),
    ),
    'a group elsewhere',
  )
  await refused(
    inScope(runtime, { orgId: ours.orgId }, (tx) =>
      insertGroupMember(tx, { ...theirs, groupId: ours.groupId, addedBy: 'system' }),
    ),
    'a group member elsewhere',
  )
  await refused(
    inScope(runtime, { orgId: ours.orgId }, (tx) =>
      insertEntity(tx, {
        id: newId('ent'),
        version: 1,
        orgId: theirs.orgId,
        type: 'x',
        key: '1',
        attributes: {},
        roleIds: [],
        deleted: false,
      }),
    ),
    'an entity elsewhere',
  )
  await refused(
    inScope(runtime, { orgId: ours.orgId }, (tx) =>
      upsertPolicyShadow(tx, { orgId: theirs.orgId, policyId: newId('pol') }),
    ),
    'a shadow elsewhere',
  )
  await refused(insertDecisions(runtime, [{ ...record, orgId: ours.orgId }]), 'a record of its own')
  await refused(
    inScope(runtime, { orgId: ours.orgId }, (tx) =>
      upsertPolicyDraft(tx, {
        orgId: theirs.orgId,
        policyId: newId('pol'),
        baseVersion: 1,
        content: { effect: 'deny', resource_type: 'x', actions: ['x'] },
      }),
    ),
    'a draft elsewhere',
  )
  t.equal(
    await inScope(runtime, { orgId: ours.orgId }, (tx) => closeGroup(tx, { id: theirs.groupId, version: 1 })),
    undefined,
    'ending another’s group',
  )
  t.equal(
    await inScope(runtime, { orgId: ours.orgId }, (tx) => closeRole(tx, { id: theirs.roleId, version: 1 })),
    undefined,
    'ending another’s role',
  )
})

t.test('service accounts and their roles belong to one organization', async (t) => {
  const account = { serviceAccountId: newId('svc'), orgId: theirs.orgId }
  await inScope(system, {}, (tx) =>
    upsertServiceAccount(tx, { id: account.serviceAccountId, version: 1, orgId: theirs.orgId, status: 'active' }),
  )
  await inScope(runtime, { orgId: theirs.orgId }, async (tx) => {
    t.same(await lockServiceAccountRoles(tx, account), { version: 1 })
    await insertServiceAccountRoles(tx, { ...account, roleIds: [theirs.roleId], givenBy: 'system' })
  })
  const seenBy = (orgId: string) =>
    inScope(runtime, { orgId }, async (tx) => [
      rowsOf(await tx.execute(sql`select 1 from service_accounts`)).length,
      rowsOf(await tx.execute(sql`select 1 from service_account_role_sets`)).length,
      (await listServiceAccountRoles(tx, account.serviceAccountId)).length,
    ])
  t.same(
    [await seenBy(theirs.orgId), await seenBy(ours.orgId)],
    [
      [1, 1, 1],
      [0, 0, 0],
    ],
  )
  const forged = inScope(runtime, { orgId: ours.orgId }, (tx) =>
    insertServiceAccountRoles(tx, { ...account, roleIds: [theirs.roleId], givenBy: 'system' }),
  )
  t.equal(await forged.then(() => 'accepted', sqlState), '42501')
})

t.test(
  'a service account of the platform is seen where no organization is in scope, and by none of them',
  async (t) => {
    const id = newId('svc')
    await inScope(system, {}, (tx) => upsertServiceAccount(tx, { id, version: 1, orgId: null, status: 'active' }))
    const seenBy = (scope: { orgId?: string; userId?: string }) =>
      inScope(runtime, scope, async (tx) => (await findServiceAccountFacts(tx, id))?.status)
    t.same(
      [await seenBy({}), await seenBy({ orgId: ours.orgId }), await seenBy({ orgId: theirs.orgId })],
      ['active', undefined, undefined],
    )
  },
)

t.test('what decides is never overwritten or deleted, not even by the system role', async (t) => {
  for (const statement of [
    sql`update roles set permissions = '{}'`,
    sql`update policies set condition = null`,
    sql`update memberships set is_owner = true`,
    sql`delete from assignments`,
    sql`delete from roles`,
    sql`update group_members set user_id = membership_id`,
    sql`delete from group_members`,
  ]) {
    t.equal(await system.execute(statement).then(() => 'accepted', sqlState), '42501')
  }
  for (const statement of [
    sql`update entities set attributes = '{}'`,
    sql`delete from entities`,
    sql`update groups set key = 'x'`,
    sql`delete from groups`,
  ]) {
    t.equal(
      await inScope(runtime, { orgId: ours.orgId }, (tx) => tx.execute(statement)).then(() => 'accepted', sqlState),
      '42501',
    )
  }
})

t.test('the versions of a role follow each other without a gap', async (t) => {
  const history = await inScope(runtime, { orgId: ours.orgId }, async (tx) => {
    const ended = await closeRole(tx, { id: ours.roleId, version: 1 })
    if (ended) await insertNextRole(tx, ended, { name: 'Next', permissions: ['gatehouse:*'], inherits: [] })
    return rowsOf<{ version: string; name: string; ends: boolean }>(
      await tx.execute(
        sql`select version, name, valid_to is not distinct from lead(valid_from) over (order by version) as ends
          from roles where org_id is not null order by version`,
      ),
    )
  })
  t.same(
    history.map(({ version, name, ends }) => [Number(version), name, ends]),
    [
      [1, 'Own', true],
      [2, 'Next', true],
    ],
  )
})

t.test(
  'the model of a deleted organization ends, what it said about its things goes, and another’s stays',
  async (t) => {
    const stillThere = await counts({ orgId: theirs.orgId })
    const event = createNeighbour('orgs').announce(OrganizationDeleted, {
      subject: ours.orgId,
      version: 9,
      orgid: ours.orgId,
      data: { organization_id: ours.orgId, min_ov: 9 },
    })
    for (let times = 0; times < 2; times += 1)
      await inScope(system, {}, (tx) => applyOrganizationEvent({ log: quietLog }, tx, event))
    const late = createNeighbour('orgs').announce(MembershipUpdated, {
      subject: newId('mem'),
      version: 2,
      orgid: ours.orgId,
      data: {
        membership_id: newId('mem'),
        organization_id: ours.orgId,
        user_id: newId('user'),
        status: 'active',
        is_owner: true,
        attributes: { desk: 'by the window' },
        changed: ['attributes'],
      },
    })
    await inScope(system, {}, (tx) => applyOrganizationEvent({ log: quietLog }, tx, late))
    const inForce = await inScope(runtime, { orgId: ours.orgId }, async (tx) =>
      Promise.all(
        ['roles', 'policies', 'assignments', 'groups', 'group_members', 'entities', 'memberships'].map(async (table) =>
          rowsOf(
            await tx.execute(sql`select 1 from ${sql.identifier(table)} where org_id is not null and valid_to is null`),
          ),
        ),
      ),
    )
    t.same(inForce.flat(), [])
    const left = await counts({ orgId: ours.orgId })
    t.same([left['policy_drafts'], left['policy_shadows'], left['decisions']], [0, 0, 1])
    t.same(
      rowsOf(
        await system.execute(
          sql`select 1 from entities where attributes <> '{}' union select 1 from memberships where attributes <> '{}'`,
        ),
      ),
      [],
    )
    t.match(
      rowsOf(await system.execute(sql`select status from organizations where valid_to is null order by version desc`)),
      [{ status: 'removed' }, { status: 'active' }],
    )
    t.same(await counts({ orgId: theirs.orgId }), stillThere)
  },
)
