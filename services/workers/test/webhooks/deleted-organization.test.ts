/** The endpoints of a deleted organization go, with what was written down to be delivered to them. */
import { OrganizationDeleted, OrganizationUpdated } from '@gatehouse/contracts/events/orgs/organization'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { inScope, rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { testDatabase } from '@gatehouse/test-kit/database'
import { createNeighbour } from '@gatehouse/test-kit/neighbour'
import { sql } from 'drizzle-orm'
import t from 'tap'
import { insertEndpoint } from '../../src/store/webhook-endpoints.ts'
import { recordDeliveries } from '../../src/use-cases/webhooks/record-deliveries.ts'

const database = await testDatabase(t, { services: ['workers'] })
const [runtime, system] = [database.connect('workers', 'runtime'), database.connect('workers', 'system')]
const orgs = createNeighbour('orgs')
const [gone, kept] = [newId('org'), newId('org')]
for (const orgId of [gone, kept])
  await inScope(runtime, { orgId }, (tx) =>
    insertEndpoint(tx, {
      id: newId('whk'),
      sources: null,
      orgId,
      url: 'https://hooks.example/x',
      description: '',
      eventTypes: ['*'],
      secretSealed: 'sealed',
      createdBy: newId('user'),
      most: 5,
    }),
  )
const count = async (table: string) =>
  Number(rowsOf<{ n: string }>(await system.execute(sql`select count(*) as n from ${sql.identifier(table)}`))[0]?.n)

t.test('once it is deleted, and not before', async (t) => {
  for (const orgId of [gone, kept]) {
    const data = { organization_id: orgId, status: 'suspended' as const, changed: ['status'] }
    const event = orgs.announce(OrganizationUpdated, { subject: orgId, orgid: orgId, version: 2, data })
    await inScope(system, {}, (tx) => recordDeliveries(tx, event))
  }
  t.same([await count('webhook_endpoints'), await count('webhook_deliveries')], [2, 2])
  const data = { organization_id: gone, min_ov: 3 }
  const event = orgs.announce(OrganizationDeleted, { subject: gone, orgid: gone, version: 3, data })
  for (let times = 0; times < 2; times += 1) await inScope(system, {}, (tx) => recordDeliveries(tx, event))
  t.same([await count('webhook_endpoints'), await count('webhook_deliveries')], [1, 1])
})
