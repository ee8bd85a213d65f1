/**
 * Row-level security and grants as PostgreSQL enforces them: under the wrong tenant there are no rows, whatever the
 * query says.
 */
import { sqlState } from '@gatehouse/service-kit/postgres/errors'
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { inScope, rowsOf, type Scope } from '@gatehouse/service-kit/postgres/transaction'
import { testDatabase } from '@gatehouse/test-kit/database'
import { sql } from 'drizzle-orm'
import t from 'tap'
import { insertAccessRequest } from '../../src/store/access-requests.ts'
import { leaseCaptureChecks, requestCaptureCheck } from '../../src/store/capture-checks.ts'
import { insertDomain } from '../../src/store/domains.ts'
import { findInvitation, insertInvitation, listInvitations } from '../../src/store/invitations.ts'
import { findMember, insertOwner, listMembers } from '../../src/store/memberships.ts'
import { findOrganization, insertOrganization, listOrganizationsOf } from '../../src/store/organizations.ts'

const database = await testDatabase(t, { services: ['orgs'] })
const runtime = database.connect('orgs', 'runtime')
const system = database.connect('orgs', 'system')
const owner = database.connect('orgs', 'owner')

type Tenant = { orgId: string; userId: string; invitationId: string; membershipId: string }

async function tenant(slug: string): Promise<Tenant> {
  const made = { orgId: newId('org'), userId: newId('user'), invitationId: newId('inv'), membershipId: newId('mem') }
  const { orgId, userId } = made
  await inScope(runtime, { orgId }, async (tx) => {
    await insertOrganization(tx, { id: orgId, name: slug, slug, createdBy: userId })
    await insertOwner(tx, { id: made.membershipId, orgId, userId })
    await insertInvitation(tx, {
      id: made.invitationId,
      orgId,
      email: 'x@example.com',
      roles: ['viewer'],
      invitedBy: userId,
      lifetimeDays: 7,
    })
    await insertDomain(tx, { id: newId('dom'), orgId, name: 'example.com', proof: 'x' })
    await insertAccessRequest(tx, {
      id: newId('arq'),
      orgId,
      userId,
      kind: 'role',
      roles: ['admin'],
      reason: 'x',
      durationSeconds: null,
      lifetimeDays: 7,
    })
  })
  return made
}

const [acme, other] = [await tenant('acme'), await tenant('other')]
const tables = ['organizations', 'memberships', 'invitations', 'invitation_secrets', 'access_requests', 'domains']
const count = async (scope: Scope, table: string): Promise<number> =>
  inScope(runtime, scope, async (tx) =>
    Number(rowsOf<{ n: string }>(await tx.execute(sql`select count(*) as n from ${sql.identifier(table)}`))[0]?.n),
  )

/** The SQLSTATE of a statement run as one role. */
const refusal = async (
  db: typeof runtime,
  scope: Scope,
  run: (tx: Tx) => Promise<unknown>,
): Promise<string | undefined> => inScope(db, scope, run).then(() => undefined, sqlState)

t.test('each tenant sees its own rows and no other', async (t) => {
  for (const table of ['organizations', 'memberships', 'invitations', 'access_requests', 'domains']) {
    t.equal(await count({ orgId: acme.orgId }, table), 1, `${table} of one’s own`)
    t.equal(await count({ orgId: newId('org') }, table), 0, `${table} under a tenant that does not exist`)
    t.equal(await count({}, table), 0, `${table} without a scope`)
  }
})

t.test('who has proven an address is for the system role alone', async (t) => {
  t.equal(
    await refusal(runtime, { userId: acme.userId }, (tx) => tx.execute(sql`select 1 from capture_checks`)),
    '42501',
  )
  await inScope(system, {}, (tx) => requestCaptureCheck(tx, { userId: acme.userId, version: 1 }))
  t.match(await leaseCaptureChecks(system, { limit: 9 }), [{ userId: acme.userId, version: 1 }])
})

t.test('asking for another tenant’s rows by id finds nothing', async (t) => {
  await inScope(runtime, { orgId: acme.orgId }, async (tx) => {
    t.equal(await findOrganization(tx, other.orgId), undefined)
    t.equal(await findMember(tx, other), undefined)
    t.same(await listMembers(tx, { orgId: other.orgId, limit: 10 }), [])
    t.equal(await findInvitation(tx, { orgId: other.orgId, id: other.invitationId }), undefined)
    t.same(await listInvitations(tx, { orgId: other.orgId, limit: 10 }), [])
    t.match(await findMember(tx, acme), { id: acme.membershipId }, 'and one’s own are there')
  })
})

t.test(
  'a person’s scope shows their memberships and organizations across tenants, and lets them write none',
  async (t) => {
    const { userId } = acme
    t.equal(await count({ userId }, 'organizations'), 1)
    t.equal(await count({ userId }, 'memberships'), 1)
    t.equal(await count({ userId }, 'access_requests'), 1)
    t.equal(await count({ userId }, 'invitations'), 0)
    await inScope(runtime, { userId }, async (tx) => {
      t.match(await listOrganizationsOf(tx, { userId, limit: 10 }), [{ id: acme.orgId }])
      t.same(await listOrganizationsOf(tx, { userId: other.userId, limit: 10 }), [], 'not even by naming somebody else')
      const changed = rowsOf(
        await tx.execute(
          sql`update memberships set attributes = '{"level": 9}' where user_id = ${uuidOf(userId)} returning id`,
        ),
      )
      t.same(changed, [])
    })
  },
)

t.test('writing into another tenant is refused', async (t) => {
  const scope = { orgId: acme.orgId }
  const invitation = {
    id: newId('inv'),
    orgId: other.orgId,
    email: 'y@example.com',
    roles: ['viewer'],
    invitedBy: acme.userId,
    lifetimeDays: 7,
  }
  t.equal(await refusal(runtime, scope, (tx) => insertInvitation(tx, invitation)), '42501')
  t.equal(
    await refusal(runtime, scope, (tx) =>
      insertOwner(tx, { id: newId('mem'), orgId: other.orgId, userId: acme.userId }),
    ),
    '42501',
  )
  t.equal(
    await refusal(runtime, { userId: acme.userId }, (tx) =>
      insertOwner(tx, { id: newId('mem'), orgId: other.orgId, userId: acme.userId }),
    ),
    '42501',
  )
  const touched = await inScope(runtime, scope, (tx) =>
    tx.execute(sql`update organizations set name = 'taken over' where id = ${uuidOf(other.orgId)} returning id`),
  )
  t.same(rowsOf(touched), [])
})

t.test('the runtime role deletes nothing, rewrites no identity and knows no secret', async (t) => {
  const scope = { orgId: acme.orgId }
  for (const table of tables.filter((name) => name !== 'domains'))
    t.equal(
      await refusal(runtime, scope, (tx) => tx.execute(sql`delete from ${sql.identifier(table)}`)),
      '42501',
      table,
    )
  t.equal(await refusal(runtime, scope, (tx) => tx.execute(sql`select from invitation_secrets`)), '42501')
  t.equal(
    await refusal(runtime, scope, (tx) => tx.execute(sql`update domains set status = 'verified'`)),
    '42501',
    'nobody proves a domain by hand',
  )
  t.equal(
    await refusal(runtime, scope, (tx) => tx.execute(sql`update memberships set user_id = gen_random_uuid()`)),
    '42501',
  )
  t.equal(
    await refusal(runtime, scope, (tx) => tx.execute(sql`update invitations set email = 'z@example.com'`)),
    '42501',
  )
  t.equal(
    await refusal(runtime, scope, (tx) => tx.execute(sql`alter table memberships disable row level security`)),
    '42501',
  )
})

t.test('the system role answers for all tenants within its verbs', async (t) => {
  for (const table of ['organizations', 'memberships', 'invitations']) {
    const [row] = rowsOf<{ n: string }>(await system.execute(sql`select count(*) as n from ${sql.identifier(table)}`))
    t.equal(Number(row?.n), 2, table)
  }
  t.equal(await refusal(system, {}, (tx) => tx.execute(sql`update organizations set created_by = id`)), '42501')
  t.equal(await refusal(system, {}, (tx) => tx.execute(sql`delete from organizations`)), '42501')
  t.equal(await refusal(system, {}, (tx) => tx.execute(sql`update memberships set user_id = id`)), '42501')
})

t.test('no floor is lowered, by whichever role', async (t) => {
  const roles = { runtime, system }
  for (const [name, db] of Object.entries(roles))
    for (const table of ['organizations', 'memberships'])
      for (const column of ['version', 'min_version'])
        t.equal(
          await refusal(db, { orgId: acme.orgId }, async (tx) => {
            await tx.execute(sql`update ${sql.identifier(table)} set version = 5, min_version = 5`)
            await tx.execute(sql`update ${sql.identifier(table)} set ${sql.identifier(column)} = 4`)
          }),
          '23514',
          `${name}: ${table}.${column}`,
        )
})

t.test('row-level security is forced: the owner of the tables sees no row either', async (t) => {
  for (const table of tables)
    t.same(rowsOf(await owner.execute(sql`select * from ${sql.identifier(table)}`)), [], table)
  const forced = rowsOf<{ relname: string }>(
    await owner.execute(
      sql`select relname from pg_class where relnamespace = 'orgs'::regnamespace and relkind = 'r' and relrowsecurity
        and relforcerowsecurity`,
    ),
  ).map((row) => row.relname)
  for (const table of tables) t.ok(forced.includes(table), table)
})
