/** What each database role can see and do, and what is never stored in the clear. */
import { randomBytes } from 'node:crypto'
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { inScope, rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { sqlState } from '@gatehouse/service-kit/postgres/errors'
import { sql } from 'drizzle-orm'
import t from 'tap'
import { eraseSeals, endExpiredSessions, forgetOldSessions } from '../../src/use-cases/sessions/session-upkeep.ts'
import { openSuccessor, sealSuccessor } from '../../src/crypto/successor-seal.ts'
import { openPlatform } from '../fixtures/platform.ts'
import { createKey, createOAuthClient, ownedOrganization } from '../fixtures/service-accounts.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { db, system } = replica.deps
const owned = [
  'sessions',
  'refresh_families',
  'refresh_tokens',
  'membership_states',
  'user_states',
  'organization_states',
  'browser_sessions',
  'oauth_consents',
  'oauth_device_authorizations',
] as const
const ofOrganizations = ['service_accounts', 'api_keys', 'oauth_clients', 'oauth_client_secrets'] as const
const countAs = async (scope: { userId?: string; orgId?: string }, table: string) =>
  await inScope(db, scope, async (tx) =>
    Number(rowsOf<{ n: string }>(await tx.execute(sql`select count(*) as n from ${sql.identifier(table)}`))[0]?.n),
  )
const refusal = async (run: () => Promise<unknown>) => {
  try {
    await run()
    return 'allowed'
  } catch (error) {
    return sqlState(error)
  }
}

t.test('a request sees the rows of its person and of nobody else, whatever it asks', async (t) => {
  const { id } = platform.person()
  const stranger = platform.person()
  const acme = platform.organizationOf(id)
  const client = await createOAuthClient(platform, replica, await ownedOrganization(platform, replica))
  for (const person of [id, stranger.id]) {
    const { session_id: sessionId } = await platform.signIn(replica, person)
    await platform.admin`insert into browser_sessions (id, hash, session_id, user_id)
      values (gen_random_uuid(), ${randomBytes(32)}, ${uuidOf(sessionId)}, ${uuidOf(person)})`
    await platform.admin`insert into oauth_consents (id, user_id, client_id, scopes)
      values (gen_random_uuid(), ${uuidOf(person)}, ${String(client.body['id'])}, '{openid}')`
    await platform.admin`insert into oauth_device_authorizations
      (id, hash, user_code, client_id, scope, expires_at, interval_seconds, decision, user_id, session_id)
      values (gen_random_uuid(), ${randomBytes(32)}, ${person === id ? 'BCDFGHJK' : 'BCDFGHJL'},
        ${String(client.body['id'])},
        '{openid}', now(), 5, 'approved', ${uuidOf(person)}, ${uuidOf(sessionId)})`
  }
  for (const table of owned) {
    t.equal(await countAs({ userId: id }, table), 1, `${table}: one’s own`)
    t.equal(await countAs({}, table), 0, `${table}: nobody’s`)
    t.equal(await countAs({ orgId: acme.id }, table), 0, `${table}: an organization is not a person`)
    t.equal(
      await countAs({ userId: stranger.id }, table),
      table.startsWith('membership') || table.startsWith('organization') ? 0 : 1,
      `${table}: the stranger’s`,
    )
  }
  const taken = await inScope(db, { userId: stranger.id }, (tx) =>
    tx.execute(sql`update sessions set status = status where user_id = ${uuidOf(id)} returning id`),
  )
  t.equal(taken.length, 0, 'writing misses what reading does not see')
  const forged = () =>
    inScope(db, { userId: stranger.id }, (tx) =>
      tx.execute(
        sql`insert into refresh_families (id, session_id, user_id, client_id, created_at)
          select gen_random_uuid(), id, ${uuidOf(id)}, client_id, now() from sessions limit 1`,
      ),
    )
  t.equal(await refusal(forged), '42501', 'a row for somebody else is refused')
})

t.test('a request sees the service accounts and keys of its organization and of no other', async (t) => {
  const [ours, theirs] = [await ownedOrganization(platform, replica), await ownedOrganization(platform, replica)]
  await createKey(platform, replica, ours)
  const { account } = await createKey(platform, replica, theirs)
  for (const org of [ours, theirs]) await createOAuthClient(platform, replica, org)
  // The platform's, which nobody's request sees.
  await platform.admin`with made as (
      insert into service_accounts (id, name, created_by) values (gen_random_uuid(), 'x', 'system') returning id)
    insert into api_keys (id, service_account_id, hash, prefix, last4, created_by, expires_at)
      select gen_random_uuid(), id, ${randomBytes(32)}, 'x', 'xxxx', 'system', now() + interval '1 day' from made`
  for (const table of ofOrganizations) {
    t.equal(await countAs({ orgId: ours.id }, table), 1, `${table}: its own`)
    t.equal(await countAs({}, table), 0, `${table}: nobody’s`)
  }
  const taken = await inScope(db, { orgId: ours.id }, (tx) =>
    tx.execute(sql`update service_accounts set name = 'mine' where id = ${uuidOf(account)} returning id`),
  )
  t.equal(taken.length, 0, 'writing misses what reading does not see')
  const forged = () =>
    inScope(db, { orgId: ours.id }, (tx) =>
      tx.execute(
        sql`insert into service_accounts (id, org_id, name, created_by)
          values (gen_random_uuid(), ${uuidOf(theirs.id)}, 'x', 'system')`,
      ),
    )
  t.equal(await refusal(forged), '42501', 'a row for somebody else is refused')
})

const secured = [...owned, ...ofOrganizations, 'platform_account_uses']

t.test('row-level security is enabled and forced on every table of a person or organization', async (t) => {
  const rows = await platform.admin<
    { relname: string }[]
  >`select relname from pg_class where relnamespace = 'tokens'::regnamespace and relname in ${platform.admin(secured)}
      and relrowsecurity and relforcerowsecurity`
  t.same(rows.map((row) => row.relname).sort(), secured.sort())
})

t.test('each role has the verbs it needs and no more', async (t) => {
  const as = (role: typeof db, text: string) => refusal(() => role.execute(sql.raw(text)))
  for (const text of [
    'select * from signing_keys',
    'delete from sessions',
    'delete from refresh_tokens',
    'delete from refresh_families',
    'update clients set name = name',
    "insert into user_states values (gen_random_uuid(), 1, 'active')",
    'update membership_states set version = 9',
    'select * from outbox',
    'select * from platform_account_uses',
    'update api_keys set hash = hash',
    'insert into service_accounts (id) values (gen_random_uuid())',
    'insert into api_keys (id) values (gen_random_uuid())',
    'delete from service_accounts',
    'select * from oauth_authorizations',
    'delete from oauth_codes',
    'delete from browser_sessions',
    'insert into oauth_consents (id) values (gen_random_uuid())',
    'update oauth_clients set is_first_party = true',
    'update browser_sessions set session_id = session_id',
    'update oauth_clients set auth_method = auth_method',
    'update oauth_client_secrets set hash = hash',
    'select * from oauth_user_code_guesses',
    "update oauth_device_authorizations set decision = 'approved'",
    'insert into oauth_device_authorizations (id) values (gen_random_uuid())',
    "insert into clients (id, name, is_first_party, idle_ttl_seconds, absolute_ttl_seconds) values ('mine', " +
      "'Mine', true, 60, 60)",
  ])
    t.equal(await as(db, text), '42501', `runtime: ${text}`)
  for (const text of [
    "update signing_keys set public_jwk = '{}'",
    'delete from signing_keys',
    'update refresh_tokens set used_at = null',
    'insert into sessions (id) values (gen_random_uuid())',
    'update sessions set user_id = gen_random_uuid()',
    'update clients set name = name',
    'update refresh_families set status = status',
    'update api_keys set hash = hash',
    'update service_accounts set org_id = org_id',
    'insert into api_keys (id, org_id) values (gen_random_uuid(), gen_random_uuid())',
    'insert into service_accounts (id, org_id) values (gen_random_uuid(), gen_random_uuid())',
    'update browser_sessions set hash = hash',
    'update oauth_device_authorizations set used_at = used_at',
    'update oauth_consents set client_id = client_id',
  ])
    t.equal(await as(system, text), '42501', `system: ${text}`)
})

t.test('no secret is stored: neither refresh tokens, nor access tokens, nor private keys', async (t) => {
  const first = await platform.signIn(replica, platform.person().id)
  const second = await platform.refresh(replica, first.refresh_token)
  const tables = await platform.admin<
    { name: string }[]
  >`select c.relname as name from pg_class c where c.relnamespace = 'tokens'::regnamespace
      and c.relkind in ('r', 'p') and not c.relispartition`
  let everything = ''
  for (const { name } of tables)
    for (const row of await platform.admin`select t::text as text from ${platform.admin(name)} t`)
      everything += `${row['text']}\n`
  const hexOf = (text: string) => Buffer.from(text).toString('hex')
  const secrets = [
    first.refresh_token,
    String(second.body['refresh_token']),
    first.access_token,
    String(second.body['access_token']),
  ]
  for (const secret of secrets)
    t.notOk(
      everything.includes(secret) || everything.includes(hexOf(secret)) || everything.includes(secret.slice(5, 40)),
    )
  t.notMatch(everything, /"d"\s*:/)
  t.match(everything, /v1\.[A-Za-z0-9_-]{16}\./, 'the private key is a ciphertext that names its key')
})

t.test('the one sealed copy is erased when its successor is used, or when the grace is over', async (t) => {
  const sealed = async () =>
    Number((await platform.admin`select count(successor_sealed) as n from refresh_tokens`)[0]?.['n'])
  const before = await sealed()
  const first = await platform.signIn(replica, platform.person().id)
  const second = await platform.refresh(replica, first.refresh_token)
  t.equal(await sealed(), before + 1)
  await platform.refresh(replica, String(second.body['refresh_token']))
  t.equal(await sealed(), before + 1, 'one erased, one made')
  await eraseSeals(replica.deps)
  t.equal(await sealed(), before + 1, 'within the grace it stays')
  await platform.admin`update refresh_tokens
    set used_at = used_at - interval '11 seconds', repeat_until = repeat_until - interval '11 seconds'
      where used_at is not null`
  await eraseSeals(replica.deps)
  t.equal(await sealed(), 0)
})

t.test('a sealed successor opens with the presented token and with nothing else', async (t) => {
  const sealed = sealSuccessor({ presented: 'gthr_a', tokenId: 'rt_1', successor: 'gthr_b' })
  t.equal(openSuccessor({ presented: 'gthr_a', tokenId: 'rt_1', sealed }), 'gthr_b')
  t.throws(() => openSuccessor({ presented: 'gthr_x', tokenId: 'rt_1', sealed }))
  t.throws(() => openSuccessor({ presented: 'gthr_a', tokenId: 'rt_2', sealed }))
  sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1
  t.throws(() => openSuccessor({ presented: 'gthr_a', tokenId: 'rt_1', sealed }))
})

t.test('upkeep ends what has outlived itself, once, and forgets what is long over', async (t) => {
  const { id } = platform.person()
  const live = await platform.signIn(replica, id)
  const idle = await platform.signIn(replica, id)
  await platform.age(idle.session_id, 15 * 86_400)
  t.equal(
    (await Promise.all([endExpiredSessions(replica.deps), endExpiredSessions(replica.deps)])).reduce(
      (sum, n) => sum + n,
      0,
    ),
    1,
  )
  t.same(await platform.announced(replica, idle.session_id), ['session.started.v1', 'session.ended.v1'])
  await forgetOldSessions(replica.deps)
  const left = async () =>
    (
      await platform.admin`select 1 from sessions
        where id in ${platform.admin([live, idle].map((session) => uuidOf(session.session_id)))}`
    ).length
  t.equal(await left(), 2)
  await platform.admin`update sessions set ended_at = now() - interval '121 days' where id = ${uuidOf(idle.session_id)}`
  await forgetOldSessions(replica.deps)
  t.equal(await left(), 1)
})

t.test('refresh tokens go into partitions that reach past the end of the month', async (t) => {
  const rows = await platform.admin`select 1 from pg_inherits where inhparent = 'tokens.refresh_tokens'::regclass`
  t.ok(rows.length >= 2)
})
