/**
 * What the database itself keeps: row-level security by role, secrets as hashes, constraints, and the administrator's
 * marker.
 */
import postgres from 'postgres'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { findAccountByAddress } from '../../src/store/accounts.ts'
import { insertVerificationSecret } from '../../src/store/email-verifications.ts'
import { lockEmailBySecret } from '../../src/store/emails.ts'
import { countFailures, deleteDecayedCounters, readCounters } from '../../src/store/sign-in-counters.ts'
import { claimProfile, findProfile } from '../../src/store/users.ts'
import { bootstrapAdmin } from '../../src/use-cases/account/bootstrap-admin.ts'
import { createBootstrap } from '../../src/bootstrap.ts'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { newAddress, newPassword, openPlatform, type Person } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const { admin } = platform
const replica = await platform.replica()
const { db, system } = replica.deps

t.test('under a person’s scope the runtime role sees and renames that person and nobody else', async (t) => {
  const [me, other] = [await platform.verified(replica), await platform.verified(replica)]
  await inScope(db, { userId: me.id }, async (tx) => {
    t.match(await findProfile(tx, me.id), { id: me.id, address: me.email, isEmailVerified: true })
    t.equal(await findProfile(tx, other.id), undefined)
    t.equal(await claimProfile(tx, { userId: other.id, change: { name: 'Mallory' } }), undefined)
    t.same(await claimProfile(tx, { userId: me.id, change: { name: 'Me' } }), { version: 3, changed: ['name'] })
  })
  await inScope(db, {}, async (tx) => t.equal(await findProfile(tx, me.id), undefined, 'without a scope nobody'))
})

t.test(
  'the runtime role cannot reach passwords, secrets or other columns; the system role cannot rewrite or delete what is proven',
  async (t) => {
    const asRole = (role: 'runtime' | 'system') => {
      const sql = postgres(platform.roleUrl(role), {
        max: 1,
        onnotice: () => {},
        connection: { search_path: 'identity' },
      })
      t.teardown(() => sql.end())
      return (statement: string) =>
        sql.unsafe(statement).then(
          () => 'allowed',
          (err: { code?: string }) => err.code,
        )
    }
    const [runtime, system] = [asRole('runtime'), asRole('system')]
    for (const table of [
      'credentials',
      'email_verifications',
      'email_verification_secrets',
      'sign_in_transactions',
      'sign_in_counters',
      'registration_handles',
      'totp_factors',
      'recovery_codes',
      'passkeys',
      'passkey_challenges',
      'factor_sets',
      'remembered_devices',
      'bootstrap_marker',
    ])
      t.equal(await runtime(`select * from ${table}`), '42501', table)
    for (const statement of [
      `update users set status = 'active'`,
      'update users set min_version = 0',
      'update emails set verified_at = now()',
      'delete from users',
      `insert into users (id, name) values (gen_random_uuid(), 'x')`,
    ])
      t.equal(await runtime(statement), '42501', statement)
    for (const statement of [
      'update users set id = id',
      'update users set invitation_id = null, created_at = now()',
      'delete from credentials',
      'update credentials set user_id = user_id',
      'update emails set user_id = user_id',
      'update passkeys set user_id = user_id',
      `update passkeys set public_key = 'x'`,
      `update remembered_devices set expires_at = 'infinity'`,
      'update recovery_codes set code_hash = code_hash',
    ])
      t.equal(await system(statement), '42501', statement)
    t.equal(await system('select * from credentials'), 'allowed')
    const [proven, unproven] = [await platform.verified(replica), await platform.register(replica)]
    const left = async (person: Person) =>
      (await admin`select 1 from emails e join users u on u.id = e.user_id where e.address = ${person.email}`).length
    t.equal(await system('delete from users'), 'allowed')
    t.same([await left(proven), await left(unproven)], [1, 0], 'only who never proved an address can be removed')
  },
)

/** They hold positions and no one's rows, so no policy narrows them further than the grants do. */
const ofTheSpine = [
  ...['outbox', 'inbox', 'spine_head', 'relay_cursor', 'consumer_cursors', 'projection_cursors', 'parked_events'],
  ...['job_ledger', 'dead_letters', 'idempotency_keys', 'partitioned_tables', '__migrations', '__spine_migrations'],
]

t.test('every table of identity forces row-level security', async (t) => {
  const open = await admin`
    select c.relname from pg_class c
    where c.relnamespace = 'identity'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and not (c.relrowsecurity and c.relforcerowsecurity)
      and c.relname <> all (${ofTheSpine})`
  t.same([...open], [])
})

t.test(
  'a secret works until its expiry by database time, and expired ones are dropped when the next is minted',
  async (t) => {
    const person = await platform.register(replica)
    const [row] = await admin<
      { email_id: string; verification_id: string }[]
    >`select e.id as email_id, v.id as verification_id from emails e join email_verifications v on v.email_id = e.id
      where e.address = ${person.email}`
    t.ok(row)
    await platform.mint(replica, person.verification)
    await admin`update email_verification_secrets set expires_at = now() - interval '1 microsecond'
      where email_id = ${row?.email_id ?? ''}`
    await platform.mint(replica, person.verification)
    t.equal((await admin`select 1 from email_verification_secrets where email_id = ${row?.email_id ?? ''}`).length, 1)
    t.equal(await lockEmailBySecret(system, Buffer.alloc(32)), undefined)
    await t.rejects(
      insertVerificationSecret(system, {
        secretHash: Buffer.alloc(31),
        verificationId: person.verification,
        userId: person.id,
        emailId: newId('eml'),
        ttlSeconds: 60,
      }),
    )
  },
)

t.test('failures halve with the half-life, stand still at the ceiling, and decayed ones can be dropped', async (t) => {
  const counter = { scope: 'pair', parts: ['x@example.test', '192.0.2.9'], limit: 4, ceiling: 4 } as const
  const counters = [counter]
  const left = async (given = counters) =>
    (await readCounters(system, { counters: given, halfLifeSeconds: 60 }))[0]?.failures
  const near = (value: number | undefined, expected: number) => Math.abs((value ?? -1) - expected) < 0.1
  for (const expected of [1, 2, 3, 4, 4]) {
    await countFailures(system, { counters, by: 1, halfLifeSeconds: 60 })
    t.ok(near(await left(), expected))
  }
  await countFailures(system, { counters, by: 0, halfLifeSeconds: 60 })
  t.ok(near(await left(), 4), 'a try that is not counted changes nothing')
  await admin`update sign_in_counters set counted_at = counted_at - interval '120 seconds'`
  t.ok(near(await left(), 1), 'a quarter of four')
  t.equal(await left([{ ...counter, parts: ['x@example.test', '192.0.2.10'] as never }]), 0)
  const drop = () => deleteDecayedCounters(system, { olderThanSeconds: 3600, limit: 100 })
  t.equal(await drop(), 0)
  const [{ count } = { count: 0 }] = await admin<
    { count: number }[]
  >`select count(*)::int as count from sign_in_counters`
  await admin`update sign_in_counters set counted_at = now() - interval '2 hours'`
  t.equal(await drop(), count)
})

t.test('a counter says once an hour that it is full, and to one of several callers', async (t) => {
  const counters = [{ scope: 'account', parts: ['y@example.test'], limit: 3, ceiling: 9 }] as const
  const count = () => countFailures(system, { counters, by: 1, halfLifeSeconds: 600 })
  t.same([(await count()).length, (await count()).length], [0, 0])
  t.equal((await Promise.all(Array.from({ length: 8 }, count))).flat().length, 1)
  await admin`update sign_in_counters set alarmed_at = now() - interval '61 minutes'`
  t.equal((await count()).length, 1)
})

t.test('two lists of parts never make one counter', async (t) => {
  const keyed = (parts: string[]) => [{ scope: 'pair', parts, limit: 9, ceiling: 9 }] as const
  await countFailures(system, { counters: keyed(['a b', 'c']), by: 1, halfLifeSeconds: 600 })
  for (const parts of [['a', 'b c'], ['a b c'], ['a b', 'c', '']])
    t.equal((await readCounters(system, { counters: keyed(parts), halfLifeSeconds: 600 }))[0]?.failures, 0)
})

t.test('the configured administrator never takes over an account, and nothing is left behind', async (t) => {
  const squatter = await platform.register(replica, { email: newAddress('root') })
  const account = await findAccountByAddress(system, { normalizedAddress: squatter.email, handleHash: undefined })
  const before = await platform.announced(replica)
  t.same(await bootstrapAdmin(replica.deps, { email: squatter.email, password: newPassword() }), {
    kind: 'address_taken',
  })
  t.same(await findAccountByAddress(system, { normalizedAddress: squatter.email, handleHash: undefined }), account)
  t.equal((await admin`select 1 from bootstrap_marker`).length, 0)
  t.same(await platform.announced(replica), before)
  await t.rejects(
    bootstrapAdmin(replica.deps, { email: newAddress('root'), password: 'administrator administrator' }),
    { code: 'weak_password' },
  )
})

t.test('the service is ready only once its administrator exists, and says why when it cannot be made', async (t) => {
  const run = async (admin: { BOOTSTRAP_ADMIN_EMAIL?: string; BOOTSTRAP_ADMIN_PASSWORD?: string }) => {
    const bootstrap = createBootstrap(replica.deps, admin)
    t.teardown(() => bootstrap.stop())
    const before = bootstrap.check()
    bootstrap.start()
    return { before, bootstrap }
  }
  t.equal((await run({})).before.ok, true, 'nothing configured, nothing to wait for')
  const weak = await run({ BOOTSTRAP_ADMIN_EMAIL: newAddress('root'), BOOTSTRAP_ADMIN_PASSWORD: 'passwordpassword' })
  await waitUntil('the weak password is refused', () => /too easy/.test(weak.bootstrap.check().reason ?? ''))
  const good = await run({ BOOTSTRAP_ADMIN_EMAIL: newAddress('root'), BOOTSTRAP_ADMIN_PASSWORD: newPassword() })
  t.equal(good.before.ok, false)
  await waitUntil('the administrator exists', () => good.bootstrap.check().ok)
  t.ok((await platform.announced(replica)).includes('platform_admin.bootstrapped.v1'))
})

t.test('an address differs from another by more than case', async (t) => {
  const person = await platform.register(replica)
  await t.rejects(
    admin`insert into emails (id, user_id, address, normalized_address)
      values (gen_random_uuid(), gen_random_uuid(), 'x', ${person.email})`,
    { code: '23505' },
  )
})
