/** Invitations that are over leave with the addresses in them; what may still be answered or is asked about stays. */
import { newId, typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { testDatabase } from '@gatehouse/test-kit/database'
import { sql } from 'drizzle-orm'
import t from 'tap'
import { deleteOldInvitations as deleteBatch } from '../../src/store/invitations.ts'
import { deleteOldInvitations } from '../../src/use-cases/delete-old-invitations.ts'

const database = await testDatabase(t, { services: ['orgs'] })
const [system, runtime] = [database.connect('orgs', 'system'), database.connect('orgs', 'runtime')]
const orgId = newId('org')

await runtime.transaction(async (tx) => {
  await tx.execute(sql`select set_config('app.org_id', ${uuidOf(orgId)}, true)`)
  await tx.execute(
    sql`insert into organizations (id, name, slug, created_by)
      values (${uuidOf(orgId)}, 'Acme', 'acme', ${uuidOf(newId('user'))})`,
  )
})
const invite = async (status: string, overForDays: number): Promise<string> => {
  const id = newId('inv')
  await runtime.transaction(async (tx) => {
    await tx.execute(sql`select set_config('app.org_id', ${uuidOf(orgId)}, true)`)
    await tx.execute(sql`
      insert into invitations (id, org_id, email, roles, status, invited_by, accepted_by, expires_at)
      values (${uuidOf(id)}, ${uuidOf(orgId)}, ${`${id}@example.com`}, '{viewer}', ${status}, ${uuidOf(newId('user'))},
        ${status === 'accepted' ? uuidOf(newId('user')) : null}, now() - make_interval(days => ${overForDays}))`)
  })
  await system.execute(sql`
    insert into invitation_secrets (hash, invitation_id, org_id)
    values (sha256(${id}::text::bytea), ${uuidOf(id)}, ${uuidOf(orgId)})`)
  return id
}
const left = async () =>
  rowsOf<{ id: string }>(await system.execute(sql`select id from invitations order by id`)).map(({ id }) =>
    typeIdOf('inv', id),
  )
const secretsLeft = async () =>
  rowsOf<{ id: string }>(await system.execute(sql`select invitation_id as id from invitation_secrets order by 1`)).map(
    ({ id }) => typeIdOf('inv', id),
  )

t.test('a month after it is over an invitation and its secrets are gone, whatever became of it', async (t) => {
  const kept = [await invite('pending', -6), await invite('expired', 1), await invite('accepted', 29)]
  for (const status of ['pending', 'accepted', 'declined', 'revoked', 'expired']) await invite(status, 31)
  t.equal(await deleteOldInvitations({ system }), 5)
  t.same(await left(), kept.sort())
  t.same(await secretsLeft(), kept.sort())
  t.equal(await deleteOldInvitations({ system }), 0)
})

t.test('two replicas take turns in batches and miss nothing', async (t) => {
  for (let i = 0; i < 12; i += 1) await invite('expired', 40)
  const counts = await Promise.all([1, 2, 3].map(() => deleteBatch(system, { days: 30, limit: 4 })))
  const rest = await deleteOldInvitations({ system })
  t.equal(
    counts.reduce((sum, count) => sum + count, rest),
    12,
  )
  t.equal((await left()).length, 3)
})
