/**
 * What neighbours say, told in whatever order and however often, ends in one state; a lost history is replaced by a
 * snapshot.
 */
import t from 'tap'
import fc from 'fast-check'
import { seed } from '@gatehouse/test-kit/fixed-seed'
import { sql } from 'drizzle-orm'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { UserDisabled, UserEmailVerified, UserRegistered } from '@gatehouse/contracts/events/identity/user'
import { AccessRequestApproved } from '@gatehouse/contracts/events/orgs/access-request'
import { MembershipCreated, MembershipRemoved, MembershipUpdated } from '@gatehouse/contracts/events/orgs/membership'
import { OrganizationCreated, OrganizationUpdated } from '@gatehouse/contracts/events/orgs/organization'
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { inScope, rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { testDatabase } from '@gatehouse/test-kit/database'
import { quietLog } from '@gatehouse/test-kit/log'
import { randomFrom } from '@gatehouse/test-kit/random'
import { applyOrganizationEvent, resetOrganizations } from '../../src/use-cases/projections/project-organizations.ts'
import { applyUserEvent, resetUsers } from '../../src/use-cases/projections/project-users.ts'
import { createNeighbour } from '@gatehouse/test-kit/neighbour'

const database = await testDatabase(t, { services: ['authz'] })
const system = database.connect('authz', 'system')
const deps = { log: quietLog }

const apply = (event: EventEnvelope) =>
  inScope(system, {}, (tx) =>
    event.source === '/gatehouse/orgs' ? applyOrganizationEvent(deps, tx, event) : applyUserEvent(tx, event),
  )

/** Everything a decision would read of the principals, by their place in the story instead of by id. */
async function stateOf(story: Story): Promise<unknown> {
  const uuids = await system.execute(sql`
    select (select json_agg(json_build_array(u.version, u.status, u.email_verified)) from users u
      where valid_to is null and u.id = ${story.userUuid}) as person,
      (select json_agg(json_build_array(o.version, o.status)) from organizations o where valid_to is null
        and o.id = ${story.orgUuid}) as organization,
      (select json_agg(json_build_array(m.version, m.status, m.is_owner, m.attributes)) from memberships m
        where valid_to is null and m.org_id = ${story.orgUuid}) as members,
      (select json_agg(r.key order by r.key) from assignments a join roles r on r.id = a.role_id
        and r.valid_to is null where a.valid_to is null and a.org_id = ${story.orgUuid}) as roles`)
  return rowsOf(uuids)[0]
}

type Story = { events: EventEnvelope[]; userUuid: string; orgUuid: string }

/**
 * Registers, verifies, joins, is changed, leaves, joins again with other roles, is changed, is disabled; the
 * organization is suspended.
 */
async function tell(): Promise<Story> {
  const [userId, orgId, membershipId] = [newId('user'), newId('org'), newId('mem')]
  const identity = createNeighbour('identity')
  const orgs = createNeighbour('orgs')
  const ofUser = (version: number) => ({ subject: userId, userid: userId, version })
  const ofOrg = (version: number) => ({ subject: orgId, orgid: orgId, version })
  const member = (version: number) => ({ subject: membershipId, orgid: orgId, userid: userId, version })
  const facts = {
    membership_id: membershipId,
    organization_id: orgId,
    user_id: userId,
    status: 'active' as const,
    is_owner: false,
    attributes: {},
  }
  const events = [
    identity.announce(UserRegistered, {
      ...ofUser(1),
      data: { user_id: userId, email_verified: false, via: 'registration' },
    }),
    orgs.announce(OrganizationCreated, {
      ...ofOrg(1),
      data: { organization_id: orgId, created_by: userId, status: 'active' },
    }),
    identity.announce(UserEmailVerified, { ...ofUser(2), data: { user_id: userId } }),
    orgs.announce(MembershipCreated, { ...member(1), data: { ...facts, roles: ['admin', 'viewer'] } }),
    orgs.announce(MembershipUpdated, { ...member(2), data: { ...facts, is_owner: true, changed: ['is_owner'] } }),
    orgs.announce(MembershipRemoved, { ...member(3), data: { ...facts, status: 'removed', min_mv: 3 } }),
    orgs.announce(MembershipCreated, { ...member(4), data: { ...facts, roles: ['member', 'gone'] } }),
    orgs.announce(MembershipUpdated, {
      ...member(5),
      data: { ...facts, attributes: { department: 'law' }, changed: ['attributes'] },
    }),
    orgs.announce(OrganizationUpdated, {
      ...ofOrg(2),
      data: { organization_id: orgId, status: 'suspended', changed: ['status'] },
    }),
    identity.announce(UserDisabled, { ...ofUser(3), data: { user_id: userId, min_uv: 3 } }),
  ]
  return { events, userUuid: uuidOf(userId), orgUuid: uuidOf(orgId) }
}

/** Begins anew from a snapshot. */
const load = (given: object[]) =>
  inScope(system, {}, (tx) =>
    resetOrganizations(
      deps,
      tx,
      (async function* () {
        yield* given
      })(),
    ),
  )

t.test('told once in order', async (t) => {
  const story = await tell()
  for (const event of story.events) await apply(event)
  t.same(await stateOf(story), {
    person: [[3, 'disabled', true]],
    organization: [[2, 'suspended']],
    members: [[5, 'active', false, { department: 'law' }]],
    roles: ['member'],
  })
})

/** `AUTHZ_RUNS=500` for the long run. */
t.test('told one to five times, in any order, it ends the same', async () => {
  const inOrder = await tell()
  for (const event of inOrder.events) await apply(event)
  const expected = JSON.stringify(await stateOf(inOrder))
  const order = fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer()), { minLength: 10, maxLength: 10 })
  await fc.assert(
    fc.asyncProperty(order, fc.infiniteStream(fc.integer()), async (plan, weights) => {
      const story = await tell()
      const deliveries = story.events.flatMap((event, index) =>
        Array.from({ length: plan[index]?.[0] ?? 1 }, () => ({ event, weight: weights.next().value as number })),
      )
      for (const { event } of deliveries.sort((a, b) => a.weight - b.weight)) await apply(event)
      return JSON.stringify(await stateOf(story)) === expected
    }),
    { numRuns: Number(process.env['AUTHZ_RUNS'] ?? 10) },
  )
})

/** R14. `AUTHZ_EVENTS=10000` for the long run. */
t.test(
  'many stories at once, each event delivered one to five times and up to a hundred places late, end as told once in order',
  { timeout: 900_000 },
  async (t) => {
    const [count, length] = [Number(process.env['AUTHZ_EVENTS'] ?? 500), 10]
    // A story may break off anywhere; how each length ends is learnt from telling it once in order.
    const endings: string[] = []
    for (let told = 1; told <= length; told += 1) {
      const story = await tell()
      for (const event of story.events.slice(0, told)) await apply(event)
      endings.push(JSON.stringify(await stateOf(story)))
    }
    const random = randomFrom(seed)
    let [events, delivered] = [0, 0]
    const wrong: string[] = []
    /** Twenty stories side by side, some two hundred events. */
    const deliver = async () => {
      const stories = await Promise.all(Array.from({ length: 20 }, tell))
      const told = stories.map(() => 1 + random.below(length))
      const stream = Array.from({ length }, (_, nth) =>
        stories.flatMap((story, index) => (nth < (told[index] ?? 0) ? story.events.slice(nth, nth + 1) : [])),
      ).flat()
      const deliveries = stream.flatMap((event, place) =>
        Array.from({ length: 1 + random.below(5) }, () => ({
          event,
          place: place + random.below(100_000) / 1000,
        })),
      )
      for (const { event } of deliveries.sort((a, b) => a.place - b.place)) await apply(event)
      events += stream.length
      delivered += deliveries.length
      for (const [index, story] of stories.entries()) {
        const isRight = JSON.stringify(await stateOf(story)) === endings[(told[index] ?? 0) - 1]
        if (!isRight)
          wrong.push(
            deliveries
              .filter(({ event }) => story.events.includes(event))
              .map(({ event }) => story.events.indexOf(event))
              .join(' '),
          )
      }
    }
    const lane = async () => {
      while (events < count) await deliver()
    }
    await Promise.all(Array.from({ length: 4 }, lane))
    t.same(wrong, [], 'in which order a story was heard that ended otherwise')
    t.comment(`${delivered} deliveries of ${events} events`)
  },
)

t.test('a snapshot replaces what is known, ends what it does not name and keeps the roles of now', async (t) => {
  const story = await tell()
  for (const event of story.events.slice(0, 5)) await apply(event)
  const joined = story.events[3]?.data as { membership_id: string; organization_id: string; user_id: string }
  const records = [
    { kind: 'organization', id: joined.organization_id, version: 1, status: 'active' },
    {
      kind: 'membership',
      id: joined.membership_id,
      version: 1,
      organization_id: joined.organization_id,
      user_id: joined.user_id,
      status: 'active',
      is_owner: false,
      attributes: {},
      roles: ['member'],
    },
  ]
  await load(records)
  t.match(await stateOf(story), {
    organization: [[1, 'active']],
    members: [[1, 'active', false, {}]],
    roles: ['admin', 'viewer'],
  })
  await load([])
  t.match(await stateOf(story), { organization: [[2, 'removed']], members: [[2, 'removed']], roles: null })
  await load(records)
  t.match(
    await stateOf(story),
    { organization: [[1, 'active']], members: [[1, 'active']], roles: ['member'] },
    'who was gone joins with the roles of the snapshot',
  )
  await inScope(system, {}, (tx) => resetUsers(tx, (async function* () {})()))
  t.match(await stateOf(story), { person: [[2, 'disabled', true]] })
})

t.test('an event that cannot be understood is refused, for the projection to park', async (t) => {
  const orgs = createNeighbour('orgs')
  await t.rejects(
    apply(orgs.announceRaw(MembershipCreated.type, { subject: newId('mem'), version: 1, data: { status: 'odd' } })),
  )
  await t.resolves(
    apply(orgs.announceRaw('gatehouse.orgs.invitation.created.v1', { subject: newId('inv'), version: 1, data: {} })),
  )
})

t.test('a suspended member keeps the roles they have, also over a snapshot, and acts by none of them', async (t) => {
  const story = await tell()
  for (const event of story.events.slice(0, 4)) await apply(event)
  const joined = story.events[3]?.data as MembershipCreated
  const member = { subject: joined.membership_id, orgid: joined.organization_id, userid: joined.user_id }
  const { roles: _, ...facts } = joined
  const orgs = createNeighbour('orgs')
  const suspended = { ...facts, status: 'suspended' as const, changed: ['status'], min_mv: 2 }
  await apply(orgs.announce(MembershipUpdated, { ...member, version: 2, data: suspended }))
  t.match(await stateOf(story), { members: [[2, 'suspended']], roles: ['admin', 'viewer'] })
  const organization = { kind: 'organization', id: joined.organization_id, version: 1, status: 'active' }
  const record = { ...facts, kind: 'membership', id: joined.membership_id, roles: ['member'] }
  await load([organization, { ...record, version: 3, status: 'active' }])
  t.match(await stateOf(story), { members: [[3, 'active']], roles: ['admin', 'viewer'] }, 'as they were before')
  await load([])
  await load([organization, { ...record, version: 5, status: 'suspended' }])
  t.match(await stateOf(story), { members: [[5, 'suspended']], roles: ['member'] }, 'of a copy that begins anew')
})

t.test('of an erased member history keeps that they were one, and nothing that was said about them', async (t) => {
  const [orgId, userId, membershipId] = [newId('org'), newId('user'), newId('mem')]
  const orgs = createNeighbour('orgs')
  const member = (version: number) => ({ subject: membershipId, orgid: orgId, userid: userId, version })
  const facts = { membership_id: membershipId, organization_id: orgId, user_id: userId, is_owner: false }
  const active = { ...facts, status: 'active' as const, attributes: { desk: 'by the window' } }
  const gone = { ...facts, status: 'removed' as const, attributes: {} }
  await apply(orgs.announce(MembershipCreated, { ...member(1), data: { ...active, roles: [] } }))
  await apply(orgs.announce(MembershipUpdated, { ...member(2), data: { ...active, changed: ['attributes'] } }))
  const kept = async () =>
    rowsOf<Record<string, unknown>>(
      await system.execute(
        sql`select status, attributes from memberships where id = ${uuidOf(membershipId)} order by version`,
      ),
    )
  t.match(await kept(), [{ attributes: { desk: 'by the window' } }, {}])
  await apply(orgs.announce(MembershipRemoved, { ...member(3), data: { ...gone, min_mv: 3, erased: true } }))
  t.same(
    (await kept()).map((row) => [row['status'], row['attributes']]),
    [
      ['active', {}],
      ['active', {}],
      ['removed', {}],
    ],
  )
})

t.test(
  'an approved request gives a member roles, the longer of two holdings, and nothing to who has left',
  async (t) => {
    const story = await tell()
    for (const event of story.events.slice(0, 5)) await apply(event)
    const joined = story.events[3]?.data as { membership_id: string; organization_id: string; user_id: string }
    const { membership_id, organization_id, user_id } = joined
    const orgs = createNeighbour('orgs')
    const approve = (roles: string[], expiresAt: string | null, kind: 'join' | 'role' = 'role') =>
      apply(
        orgs.announce(AccessRequestApproved, {
          subject: newId('arq'),
          orgid: organization_id,
          userid: user_id,
          version: 2,
          data: {
            access_request_id: newId('arq'),
            organization_id,
            user_id,
            membership_id,
            kind,
            roles,
            approved_by: newId('user'),
            expires_at: expiresAt,
          },
        }),
      )
    const held = async () =>
      rowsOf<{ key: string; until: string | null }>(
        await system.execute(sql`
        select r.key, to_char(a.expires_at at time zone 'UTC', 'YYYY') as until from assignments a
        join roles r on r.id = a.role_id and r.valid_to is null
        where a.valid_to is null and a.org_id = ${story.orgUuid} and r.key in ('member', 'admin') order by r.key`),
      )
    await approve(['member', 'owner', 'platform-admin', 'unheard-of'], '2990-01-01T00:00:00Z')
    t.same(await held(), [
      { key: 'admin', until: null },
      { key: 'member', until: '2990' },
    ])
    await approve(['member', 'admin'], '2980-01-01T00:00:00Z')
    await approve(['member'], null, 'join')
    t.same(
      await held(),
      [
        { key: 'admin', until: null },
        { key: 'member', until: '2990' },
      ],
      'nothing is shortened, and joining is another event',
    )
    await approve(['member'], '2995-01-01T00:00:00Z')
    t.match(await held(), [{ key: 'admin' }, { key: 'member', until: '2995' }])
    await approve(['member'], null)
    t.match(await held(), [{ key: 'admin' }, { key: 'member', until: null }])
    for (const event of story.events.slice(5, 6)) await apply(event)
    await approve(['member'], null)
    t.same(await held(), [], 'who has left is given nothing')
  },
)
