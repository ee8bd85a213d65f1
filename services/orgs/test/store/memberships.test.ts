/** Claims and pages of the store, on PostgreSQL. */
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import { testDatabase } from '@gatehouse/test-kit/database'
import { sql } from 'drizzle-orm'
import t from 'tap'
import { claimInvitation, insertInvitation, lockOpenInvitation } from '../../src/store/invitations.ts'
import {
  claimMembership,
  claimRemoval,
  claimUpdate,
  countOwners,
  findMember,
  insertOwner,
} from '../../src/store/memberships.ts'
import { updateProfile, findOrganization, insertOrganization } from '../../src/store/organizations.ts'
import { eachMembership, eachOrganization, listRecentFloors } from '../../src/store/snapshots.ts'

const database = await testDatabase(t, { services: ['orgs'] })
const runtime = database.connect('orgs', 'runtime')
const system = database.connect('orgs', 'system')
const [orgId, founder] = [newId('org'), newId('user')]
const inOrg = <T>(run: Parameters<typeof inScope<T>>[2]) => inScope(runtime, { orgId }, run)

await inOrg(async (tx) => {
  await insertOrganization(tx, { id: orgId, name: 'Acme', slug: 'acme', createdBy: founder })
  await insertOwner(tx, { id: newId('mem'), orgId, userId: founder })
})
const invite = async (email: string): Promise<string> => {
  const id = newId('inv')
  const row = await inOrg((tx) =>
    insertInvitation(tx, { id, orgId, email, roles: ['viewer'], invitedBy: founder, lifetimeDays: 7 }),
  )
  t.ok(row)
  return id
}
const join = (userId: string, invitationId: string) =>
  inScope(system, {}, (tx) => claimMembership(tx, { id: newId('mem'), orgId, userId, roles: ['viewer'], invitationId }))
const remove = (id: string) => inOrg((tx) => claimRemoval(tx, id))

t.test('a slug is taken once', async (t) => {
  const id = newId('org')
  t.equal(
    await inScope(runtime, { orgId: id }, (tx) =>
      insertOrganization(tx, { id, name: 'x', slug: 'acme', createdBy: founder }),
    ),
    undefined,
  )
})

t.test('renaming raises the version and no floor', async (t) => {
  const profile = { name: 'Acme 2', slug: 'acme-2', logoUrl: null, colors: null }
  t.match(await inOrg((tx) => updateProfile(tx, { id: orgId, ...profile })), { version: 2, minVersion: 0 })
  t.match(await inOrg((tx) => findOrganization(tx, orgId)), { version: 2 })
})

t.test('a membership is claimed once, ends once, and goes on where it ended', async (t) => {
  const userId = newId('user')
  const first = await join(userId, await invite('a@example.com'))
  t.match(first, { version: 1, minVersion: 0, roles: ['viewer'] })
  t.equal(await join(userId, await invite('a2@example.com')), undefined, 'a member does not join again')
  const updated = await inOrg((tx) => claimUpdate(tx, { id: first?.id ?? '', attributes: { level: 1 }, isOwner: true }))
  t.match(updated, { version: 2, isOwner: true, minVersion: 0 })
  t.match(await remove(first?.id ?? ''), { version: 3, minVersion: 3, status: 'removed', isOwner: false })
  t.equal(await remove(first?.id ?? ''), undefined)
  t.equal(
    await inOrg((tx) => claimUpdate(tx, { id: first?.id ?? '', attributes: {}, isOwner: true })),
    undefined,
    'a removed member is not changed',
  )
  t.equal(await inOrg((tx) => findMember(tx, { orgId, userId })), undefined)
  t.match(await join(userId, await invite('a3@example.com')), {
    id: first?.id,
    version: 4,
    minVersion: 3,
    isOwner: false,
    attributes: {},
  })
})

t.test('an invitation made before a removal does not undo it', async (t) => {
  const userId = newId('user')
  const old = await invite('b@example.com')
  const joined = await join(userId, await invite('b2@example.com'))
  await remove(joined?.id ?? '')
  t.equal(await join(userId, old), undefined)
})

t.test('owners are counted among the active', async (t) => {
  t.equal(await inOrg((tx) => countOwners(tx, orgId)), 1)
})

t.test('an address has one open invitation; a settled or overdue one cannot be claimed', async (t) => {
  const id = await invite('c@example.com')
  const again = {
    id: newId('inv'),
    orgId,
    email: 'c@example.com',
    roles: ['viewer'],
    invitedBy: founder,
    lifetimeDays: 7,
  }
  t.equal(await inOrg((tx) => insertInvitation(tx, again)), undefined)
  t.match(await inScope(system, {}, (tx) => claimInvitation(tx, { id, answer: 'declined' })), {
    status: 'declined',
    version: 2,
  })
  t.equal(
    await inScope(system, {}, (tx) => claimInvitation(tx, { id, answer: 'accepted', acceptedBy: founder })),
    undefined,
  )
  t.equal(await inScope(system, {}, (tx) => lockOpenInvitation(tx, id)), undefined)
  const overdue = { ...again, id: newId('inv'), email: 'd@example.com', lifetimeDays: 0 }
  t.ok(await inOrg((tx) => insertInvitation(tx, overdue)))
  t.equal(await inScope(system, {}, (tx) => claimInvitation(tx, { id: overdue.id, answer: 'declined' })), undefined)
})

t.test('floors are told for 10 minutes of database time', async (t) => {
  const userId = newId('user')
  const joined = await join(userId, await invite('e@example.com'))
  await remove(joined?.id ?? '')
  const told = async () => (await listRecentFloors(system)).find((floor) => floor.id === joined?.id)
  t.match(await told(), { kind: 'membership', minVersion: 2 })
  await inOrg((tx) =>
    tx.execute(
      sql`update memberships set floor_changed_at = now() - interval '11 minutes'
        where id = ${uuidOf(joined?.id ?? '')}`,
    ),
  )
  t.equal(await told(), undefined)
})

t.test('a snapshot of more than one batch misses nobody and repeats nobody', async (t) => {
  await inOrg((tx) =>
    tx.execute(
      sql`insert into memberships (id, org_id, user_id) select gen_random_uuid(), ${uuidOf(orgId)}, gen_random_uuid()
        from generate_series(1, 2100)`,
    ),
  )
  const ids = new Set<string>()
  let rows = 0
  for await (const row of eachMembership(system)) {
    ids.add(row.id)
    rows += 1
  }
  t.equal(rows, ids.size)
  t.ok(rows > 2100)
  const organizations: string[] = []
  for await (const row of eachOrganization(system)) organizations.push(row.id)
  t.same(organizations, [orgId])
})
