/** Owners from before alerts existed, whom no event ever named here, are told of alerts. */
import { MembershipUpdated } from '@gatehouse/contracts/events/orgs/membership'
import { ApiKeyExpiring } from '@gatehouse/contracts/events/tokens/api-key'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { inScope, rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { testDatabase } from '@gatehouse/test-kit/database'
import { createNeighbour } from '@gatehouse/test-kit/neighbour'
import { sql } from 'drizzle-orm'
import t from 'tap'
import type { Deps } from '../../src/deps.ts'
import { learnOwners } from '../../src/use-cases/alerts/learn-owners.ts'
import { recordAlerts } from '../../src/use-cases/alerts/record-alerts.ts'

const database = await testDatabase(t, { services: ['workers'] })
const system = database.connect('workers', 'system', 2)
const [orgs, tokens] = [createNeighbour('orgs'), createNeighbour('tokens')]
const learn = () => learnOwners({ system, feeds: { orgs: orgs.client } as unknown as Deps['feeds'] })
const handle = (event: ReturnType<typeof tokens.announce>) =>
  inScope(system, {}, (tx) => recordAlerts(tx, [event], (_, run) => run()))

const org = newId('org')
type Membership = { id: string; user_id: string; version: number; status: string; is_owner: boolean }
const membership = (more: Partial<Membership> = {}) => ({
  ...{ kind: 'membership', id: newId('mem'), organization_id: org, user_id: newId('user'), version: 3 },
  ...{ status: 'active', is_owner: true, roles: [], attributes: {}, ...more },
})
const [owner, member, resting, former] = [
  membership(),
  membership({ is_owner: false }),
  membership({ status: 'suspended' }),
  membership(),
]

async function told(): Promise<string[]> {
  const key = { api_key_id: newId('apk'), service_account_id: newId('svc'), organization_id: org }
  await handle(
    tokens.announce(ApiKeyExpiring, {
      subject: key.api_key_id,
      data: { ...key, expires_at: '2026-12-15T00:00:00Z', days_left: 14, maker: null },
    }),
  )
  const [raised] = rowsOf<{ notify: string[] }>(
    await system.execute(sql`select payload -> 'notify' as notify from outbox
      where subject like '%security_alert.raised%' order by ordinal desc limit 1`),
  )
  return raised?.notify ?? []
}

t.test('owners whom no event named are learned once, and what events say stands', async (t) => {
  orgs.restore([{ kind: 'organization', id: org, version: 1 }, owner, member, resting, former])
  const { id: membership_id, user_id } = former
  const data = { membership_id, organization_id: org, user_id, status: 'active' as const, attributes: {} }
  await handle(
    orgs.announce(MembershipUpdated, {
      ...{ subject: membership_id, orgid: org, version: 4 },
      data: { ...data, is_owner: false, changed: ['is_owner'] },
    }),
  )
  t.same(await told(), [], 'before, nobody is known')
  orgs.cutOff(true)
  await t.rejects(learn(), 'orgs cannot say: it is not done')
  orgs.cutOff(false)
  await learn()
  t.same(await told(), [owner.user_id])
  orgs.restore([membership()])
  await learn()
  t.same(await told(), [owner.user_id], 'a second time asks nobody')
})
