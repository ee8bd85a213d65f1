/** What has outlived its use goes in time, and nothing else does. */
import t from 'tap'
import { deleteExpired } from '../../src/use-cases/account/delete-expired.ts'
import { newPassword, openPlatform, type Person } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const { admin } = platform
const replica = await platform.replica()
const age = (table: string, column: string, days: number) =>
  admin.unsafe(`update ${table} set ${column} = ${column} - interval '${days} days'`)
const count = async (table: string): Promise<number> =>
  Number((await admin.unsafe(`select count(*) as count from ${table}`))[0]?.['count'])
const login = ({ email, password }: Person) =>
  platform.ask(replica, { url: '/v1/auth/login', body: { email, password } })
const ageRegistrations = async (days: number) => {
  await age('email_verifications', 'registered_at', days)
  await age('email_verifications', 'mail_requested_at', days)
  await age('emails', 'registered_at', days)
}

t.test('nothing goes before its time', async (t) => {
  const [proven, waiting] = [await platform.verified(replica), await platform.register(replica)]
  await login(waiting)
  await ageRegistrations(6)
  await platform.resetToken(replica, proven.email)
  await age('password_resets', 'requested_at', 1)
  const nothing = {
    sign_ins: 0,
    passkey_challenges: 0,
    remembered_devices: 0,
    enrollments: 0,
    secrets: 0,
    registrations: 0,
    resets: 0,
    address_changes: 0,
    people: 0,
    erased: 0,
    counters: 0,
  }
  t.same(await deleteExpired(replica.deps), nothing)
  t.match((await login(proven)).body, { status: 'authenticated' })
  t.match((await login(waiting)).body, { status: 'challenge' })
})

t.test(
  'registrations nobody completed go with their sign-ins, handles and people, each person announced',
  async (t) => {
    const waiting = await platform.register(replica)
    await platform.mint(replica, waiting.verification)
    await login(waiting)
    await platform.register(replica, { email: waiting.email })
    const proven = await platform.verified(replica)
    await platform.register(replica, { email: proven.email, password: newPassword() })
    await ageRegistrations(8)
    const counts = await deleteExpired(replica.deps)
    t.equal(counts['people'], (await platform.announced(replica)).filter((type) => type === 'user.deleted.v1').length)
    t.same((await platform.announced(replica, waiting.id)).at(-1), 'user.deleted.v1')
    t.equal((await admin`select 1 from emails where address = ${waiting.email}`).length, 0)
    t.equal((await admin`select 1 from email_verifications where proven_at is null`).length, 0)
    for (const table of ['sign_in_transactions', 'registration_handles'])
      t.equal(
        (
          await admin.unsafe(
            `select 1 from ${table} x join email_verifications v on v.id = x.verification_id where v.proven_at is null`,
          )
        ).length,
        0,
        table,
      )
    t.match((await login(proven)).body, { status: 'authenticated' }, 'a proven person stays')
    const again = await platform.verified(replica, { email: waiting.email })
    t.not(again.id, waiting.id, 'the address is free again')
  },
)

t.test('expired sign-ins, secrets and decayed counters go, more of them than one batch holds', async (t) => {
  const waiting = await platform.register(replica)
  await platform.resetToken(replica, (await platform.verified(replica)).email)
  await age('password_resets', 'requested_at', 3)
  await platform.mint(replica, waiting.verification)
  await login(waiting)
  await admin`insert into sign_in_counters (scope, key, failures) select 'pair', sha256(n::text::bytea), 1
    from generate_series(1, 1200) n`
  await admin`update sign_in_counters set counted_at = now() - interval '30 days'`
  await admin`update sign_in_transactions set expires_at = now() - interval '1 second'`
  await admin`update email_verification_secrets set expires_at = now() - interval '1 second'`
  const [signIns, secrets, counters] = [
    await count('sign_in_transactions'),
    await count('email_verification_secrets'),
    await count('sign_in_counters'),
  ]
  t.match(await deleteExpired(replica.deps), { sign_ins: signIns, secrets, resets: 2, counters })
  t.equal(await count('password_reset_secrets'), 0)
  t.ok(counters >= 1200)
})
