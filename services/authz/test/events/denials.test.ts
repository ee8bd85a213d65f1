/** Acts that were not permitted are announced for the audit trail, and guessing floods nothing. */
import t from 'tap'
import { sql } from 'drizzle-orm'
import type { PrincipalCaller } from '@gatehouse/access/callers/caller'
import { newContext, runInContext } from '@gatehouse/service-kit/context/request-context'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { quietLog as log } from '@gatehouse/test-kit/log'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { createDenialRecorder, mostRemembered } from '../../src/decision-log/denial-recorder.ts'
import { openPlatform } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { org, owner } = await platform.withInvoices(replica)
const viewer = platform.join(org, platform.person(), { roles: ['viewer'] })
const system = platform.database.connect('authz', 'system')

type Told = { payload: { permission: string; scope: string; count: number }; headers: Record<string, string> }
const toldOf = async (userId: string): Promise<Told[]> =>
  rowsOf<Told>(
    await system.execute(sql`
      select payload, headers from outbox where subject = 'gatehouse.authz.permission.denied.v1'
        and headers->>'actor' = ${`user:${userId}`}
      order by ordinal`),
  )
const createRole = (token: string) =>
  platform.ask(replica, {
    method: 'POST',
    url: `/v1/organizations/${org.id}/roles`,
    token,
    body: { key: `r-${newId('x').slice(2)}`, name: 'R', permissions: [] },
  })
const check = (token: string, permissions: string[], scope = 'organization') =>
  platform.ask(replica, {
    method: 'POST',
    url: '/internal/permissions/check',
    as: 'orgs',
    token,
    body: { scope, permissions },
  })

t.test('what authz refuses and what it tells a neighbour to refuse is announced, with who and where', async (t) => {
  t.equal((await createRole(platform.tokenOf(viewer))).status, 403)
  await check(platform.tokenOf(viewer), ['gatehouse:members.remove', 'gatehouse:members.read'])
  await check(platform.tokenOf(viewer), ['gatehouse:users.suspend'], 'platform')
  await waitUntil('the denials are announced', async () => (await toldOf(viewer.id)).length >= 3, 30_000)
  const told = await toldOf(viewer.id)
  t.same(told.map(({ payload }) => `${payload.scope} ${payload.permission}`).toSorted(), [
    'organization gatehouse:members.remove',
    'organization gatehouse:roles.write',
    'platform gatehouse:users.suspend',
  ])
  const [inOrganization] = rowsOf<{ n: string }>(
    await system.execute(
      sql`select count(*) as n from outbox where subject = 'gatehouse.authz.permission.denied.v1'
        and org_id is not null`,
    ),
  )
  t.equal(Number(inOrganization?.n), 2, 'what concerns the platform is in no organization’s trail')
})

t.test('what is permitted is not', async (t) => {
  t.equal((await createRole(platform.tokenOf(owner))).status, 201)
  await check(platform.tokenOf(owner), ['gatehouse:members.remove'])
  await replica.deps.denials.flush()
  t.same(await toldOf(owner.id), [])
})

t.test('who tries again and again is announced once a minute, with how often', async (t) => {
  let nowMs = 0
  const clock = { now: () => new Date(), monotonicMs: () => nowMs }
  const denials = createDenialRecorder({ spine: replica.deps.spine, clock, log })
  const userId = newId('user')
  const caller = { kind: 'user', userId, orgId: org.id, claims: {} } as unknown as PrincipalCaller
  const note = (times: number, permission = 'gatehouse:roles.write') => {
    for (let n = 0; n < times; n += 1)
      runInContext(newContext({ clientAddress: '203.0.113.9', userAgent: 'Firefox' }), () =>
        denials.note({ caller, scope: 'organization', permission }),
      )
  }
  const counts = async () => (await toldOf(userId)).map(({ payload }) => payload.count)
  note(300)
  t.equal(await denials.flush(), 1)
  note(500)
  nowMs = 59_999
  t.equal(await denials.flush(), 0)
  nowMs = 60_000
  t.equal(await denials.flush(), 1)
  t.same(await counts(), [300, 500])
  t.match((await toldOf(userId))[0]?.headers, { client_address: '203.0.113.9', user_agent: 'Firefox' })
  nowMs = 120_000
  t.equal(await denials.flush(), 0, 'and forgotten once it is over')
  for (let n = 0; n < mostRemembered + 100; n += 1) note(1, `gatehouse:p${n}`)
  t.equal(await denials.flush(), mostRemembered, 'memory is bound')
})

t.test('what could not be announced is announced later, and none of it twice', async (t) => {
  let isAway = true
  const spine = {
    write: ((...args: Parameters<typeof replica.deps.spine.write>) =>
      isAway
        ? Promise.reject(new Error('no database'))
        : replica.deps.spine.write(...args)) as typeof replica.deps.spine.write,
  }
  const denials = createDenialRecorder({ spine, clock: { now: () => new Date(), monotonicMs: () => 0 }, log })
  const userId = newId('user')
  const caller = { kind: 'user', userId, orgId: org.id, claims: {} } as unknown as PrincipalCaller
  denials.note({ caller, scope: 'organization', permission: 'gatehouse:roles.write' })
  await t.rejects(denials.flush(), /no database/)
  denials.note({ caller, scope: 'organization', permission: 'gatehouse:roles.write' })
  isAway = false
  await denials.flush()
  t.same(
    (await toldOf(userId)).map(({ payload }) => payload.count),
    [2],
  )
})
