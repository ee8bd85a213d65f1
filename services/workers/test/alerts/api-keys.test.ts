/** What is told of API keys: to owners and the maker when one expires soon, to owners when its maker is gone. */
import { MembershipCreated } from '@gatehouse/contracts/events/orgs/membership'
import { ApiKeyExpiring, ApiKeyMakerLeft } from '@gatehouse/contracts/events/tokens/api-key'
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { inScope, rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { testDatabase } from '@gatehouse/test-kit/database'
import { createNeighbour } from '@gatehouse/test-kit/neighbour'
import { sql } from 'drizzle-orm'
import t from 'tap'
import { recordAlerts } from '../../src/use-cases/alerts/record-alerts.ts'

const database = await testDatabase(t, { services: ['workers'] })
const system = database.connect('workers', 'system', 2)
const aside = createNeighbour('tokens')
const handle = (event: ReturnType<typeof aside.announce>) =>
  inScope(system, {}, (tx) => recordAlerts(tx, [event], (_, run) => run()))
const keyOf = (organization_id: string | null) => ({
  api_key_id: newId('apk'),
  service_account_id: newId('svc'),
  organization_id,
})
const expiring = (key: ReturnType<typeof keyOf>, o: { maker: string | null; time: string; days_left: 14 | 3 }) =>
  aside.announce(ApiKeyExpiring, {
    subject: key.api_key_id,
    time: o.time,
    data: { ...key, expires_at: '2026-12-15T00:00:00Z', days_left: o.days_left, maker: o.maker },
  })
type Raised = { rule: string; severity: string; notify: string[] }
const raisedAbout = async (word: string): Promise<Raised[]> =>
  rowsOf<{ data: Raised }>(
    await system.execute(
      sql`select o.payload as data from outbox o join security_alerts a on a.id = o.aggregate_id
        where o.subject like '%security_alert.raised%' and a.data::text like ${`%${word}%`} order by o.ordinal`,
    ),
  ).map(({ data }) => data)

async function ownedOrganization(): Promise<{ org: string; owner: string }> {
  const [org, owner] = [newId('org'), newId('user')]
  const membership_id = newId('mem')
  const member = { membership_id, organization_id: org, user_id: owner, status: 'active' as const, attributes: {} }
  await handle(
    aside.announce(MembershipCreated, { subject: membership_id, data: { ...member, is_owner: true, roles: [] } }),
  )
  return { org, owner }
}

t.test('a key that expires soon is told to owners and its maker, 14 and 3 days before', async (t) => {
  const { org, owner } = await ownedOrganization()
  const [key, maker] = [keyOf(org), newId('user')]
  await handle(expiring(key, { maker, time: '2026-12-01T00:00:00Z', days_left: 14 }))
  await system.execute(sql`update security_alerts set announced_at = announced_at - interval '11 days'`)
  await handle(expiring(key, { maker, time: '2026-12-12T00:00:00Z', days_left: 3 }))
  t.match(await raisedAbout(key.api_key_id), [
    { rule: 'api_key_expiring', severity: 'low', notify: [owner, maker] },
    { rule: 'api_key_expiring', notify: [owner, maker] },
  ])
  const ours = keyOf(org)
  await handle(expiring(ours, { maker: owner, time: '2026-12-01T00:00:00Z', days_left: 14 }))
  t.same(
    (await raisedAbout(ours.api_key_id)).map(({ notify }) => notify),
    [[owner]],
    'one person is told once',
  )
})

t.test('of a key of the platform its maker is told, and operators find it in their list', async (t) => {
  const [key, orphan, maker] = [keyOf(null), keyOf(null), newId('user')]
  await handle(expiring(key, { maker, time: '2026-12-01T00:00:00Z', days_left: 14 }))
  await handle(expiring(orphan, { maker: null, time: '2026-12-01T00:00:00Z', days_left: 14 }))
  t.same(
    (await raisedAbout(key.api_key_id)).map(({ notify }) => notify),
    [[maker]],
  )
  t.same(
    (await raisedAbout(orphan.api_key_id)).map(({ notify }) => notify),
    [[]],
  )
})

t.test('the keys of somebody who is gone are one alert of the organization, told to its owners', async (t) => {
  const { org, owner } = await ownedOrganization()
  const maker = newId('user')
  for (const key of [keyOf(org), keyOf(org), keyOf(org)])
    await handle(aside.announce(ApiKeyMakerLeft, { subject: key.api_key_id, data: { ...key, maker } }))
  t.match(await raisedAbout(maker), [{ rule: 'api_key_maker_left', severity: 'medium', notify: [owner] }])
  const [alert] = rowsOf<{ count: number }>(
    await system.execute(sql`select count::int from security_alerts where org_id = ${uuidOf(org)}`),
  )
  t.equal(alert?.count, 3)
})
