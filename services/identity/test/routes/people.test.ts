/** The signed-in person, what neighbours ask, and what followers load, by status code. */
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import t from 'tap'
import { newAddress, newPassword, openPlatform } from '../fixtures/platform.ts'
import { enrolled } from '../fixtures/second-factor.ts'

const platform = await openPlatform(t)
const { admin, tokens } = platform
const replica = await platform.replica()
const lines = (text: unknown): Record<string, unknown>[] =>
  String(text)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

t.test('me', async (t) => {
  const person = await platform.verified(replica)
  const token = tokens.accessTokenFor(person.id)
  const me = (more: { token?: string; body?: unknown; method?: 'GET' | 'PATCH' } = {}) =>
    platform.ask(replica, { method: 'GET', url: '/v1/me', ...more })

  await t.test('200: the person sees themselves', async (t) => {
    t.match(await me({ token }), {
      status: 200,
      body: { id: person.id, name: 'Ada', email: person.email, email_verified: true, created_at: /^20\d\d-.*Z$/ },
    })
  })

  await t.test(
    '200: a new name is a new version, announced without the name; the same name again is nothing',
    async (t) => {
      const changed = await me({ method: 'PATCH', token, body: { name: 'Ada King' } })
      t.match(changed, { status: 200, body: { id: person.id, name: 'Ada King' } })
      t.ok(changed.headers['gatehouse-revision'])
      await me({ method: 'PATCH', token, body: { name: 'Ada King' } })
      const { events } = await replica.deps.spine.changes({ after: 0, limit: 1000 })
      const updates = events.filter(({ type }) => type.endsWith('user.updated.v1'))
      t.equal(updates.length, 1)
      t.match(updates[0], {
        subject: person.id,
        version: 3,
        actor: `user:${person.id}`,
        data: { user_id: person.id, changed: ['name'] },
      })
    },
  )

  await t.test('200: picture, language and time zone, named one by one; null takes one away', async (t) => {
    const other = await platform.verified(replica)
    const patch = (body: object) => me({ method: 'PATCH', token: tokens.accessTokenFor(other.id), body })
    const profile = { picture_url: 'https://pictures.example/ada.png', locale: 'de-AT', time_zone: 'Europe/Vienna' }
    t.match(await patch(profile), { status: 200, body: { name: 'Ada', ...profile } })
    t.match((await patch({ locale: null, name: 'Ada' })).body, { ...profile, locale: null })
    await patch({ time_zone: 'Europe/Vienna' })
    const told = (await replica.deps.spine.changes({ after: 0, limit: 1000 })).events.filter(
      ({ type, subject }) => type.endsWith('user.updated.v1') && subject === other.id,
    )
    t.same(
      told.map(({ data }) => (data as { changed: string[] }).changed),
      [['locale', 'picture_url', 'time_zone'], ['locale']],
    )
    t.notMatch(JSON.stringify(told), /pictures.example|Vienna/)
    await patch({ locale: 'de' })
    const asked = { url: '/internal/users/profiles', as: 'workers' as const, body: { user_ids: [other.id] } }
    t.match((await platform.ask(replica, asked)).body, { data: [{ locale: 'de' }] })
    for (const body of [
      { time_zone: 'Mars/Olympus' },
      { time_zone: '+01:00' },
      { locale: 'not a language' },
      { picture_url: 'http://pictures.example/a.png' },
      { picture_url: 'javascript:alert(1)' },
      { name: null },
    ])
      t.equal((await patch(body)).status, 400, JSON.stringify(body))
  })

  await t.test('401: without a token, with a forged one, with a foreign signature', async (t) => {
    const [head, , signature] = token.split('.')
    const claims = Buffer.from(JSON.stringify({ sub: newId('user') })).toString('base64url')
    for (const bad of [undefined, 'x', `${head}.${claims}.${signature}`])
      t.equal((await me(bad === undefined ? {} : { token: bad })).status, 401)
  })

  await t.test('404: a person who is gone; 400: what a profile cannot be', async (t) => {
    t.equal((await me({ token: tokens.accessTokenFor(newId('user')) })).status, 404)
    t.equal(
      (await me({ method: 'PATCH', token: tokens.accessTokenFor(newId('user')), body: { name: 'Nobody' } })).status,
      404,
    )
    for (const body of [{}, { name: '' }, { name: 'x'.repeat(201) }, { name: 'Ada', email: 'x@example.test' }])
      t.equal((await me({ method: 'PATCH', token, body })).status, 400)
  })
})

t.test('verification link', async (t) => {
  const mint = (id: string, as: ServiceName = 'workers') =>
    platform.ask(replica, { url: `/internal/email-verifications/${id}/link`, as })

  await t.test('200: where to send it and a secret; null once verified', async (t) => {
    const person = await platform.register(replica)
    t.match(await mint(person.verification), {
      status: 200,
      body: { mail: { to: person.email, name: 'Ada', token: /^gthv_/ } },
    })
    await admin`update users set status = 'disabled' where id = (select user_id from emails
      where address = ${person.email})`
    t.same((await mint(person.verification)).body, { mail: null })
  })

  await t.test('404: unknown and malformed ids; 403: any other service', async (t) => {
    t.equal((await mint(newId('ver'))).status, 404)
    t.equal((await mint(newId('user'))).status, 404)
    t.equal((await mint(newId('ver'), 'orgs')).status, 403)
    t.equal((await mint(newId('ver'), 'gateway')).status, 403)
  })
})

t.test('invited user', async (t) => {
  const create = (body: object, as: ServiceName = 'orgs') => platform.ask(replica, { url: '/internal/users', body, as })
  const invited = () => ({
    invitation_id: newId('inv'),
    email: newAddress('eve'),
    name: 'Eve',
    password: newPassword(),
  })

  await t.test('201: a verified person, who can sign in at once; asked again, the same one', async (t) => {
    const body = invited()
    const first = await create(body)
    t.equal(first.status, 201)
    const id = String(first.body['user_id'])
    t.same((await create({ ...body, name: 'Eva', password: newPassword() })).body, { user_id: id })
    t.same(await platform.announced(replica, id), ['user.registered.v1'])
    const { events } = await replica.deps.spine.changes({ after: 0, limit: 1000 })
    t.match(
      events.find(({ subject }) => subject === id),
      { version: 1, actor: 'service:orgs', data: { user_id: id, email_verified: true, via: 'invitation' } },
    )
    t.match(
      await platform.ask(replica, { url: '/v1/auth/login', body: { email: body.email, password: body.password } }),
      { status: 200, body: { status: 'authenticated' } },
    )
  })

  await t.test('409: somebody has proven the address, or was disabled with it', async (t) => {
    const [proven, disabled] = [await platform.verified(replica), await platform.register(replica)]
    await admin`update users set status = 'disabled' where id = (select user_id from emails
      where address = ${disabled.email})`
    for (const { email } of [proven, disabled])
      t.match(await create({ ...invited(), email: email.toUpperCase() }), { status: 409, body: { code: 'conflict' } })
  })

  await t.test('400: a weak password; 403: any other service', async (t) => {
    t.match(await create({ ...invited(), password: 'eve eve eve eve eve' }), {
      status: 400,
      body: { code: 'weak_password' },
    })
    t.equal((await create(invited(), 'workers')).status, 403)
  })
})

t.test('profiles', async (t) => {
  await t.test('200: the known ones; 403: any other service', async (t) => {
    const [one, two] = [await platform.verified(replica), await platform.register(replica)]
    const ask = (user_ids: string[], as: ServiceName = 'orgs') =>
      platform.ask(replica, { url: '/internal/users/profiles', body: { user_ids }, as })
    const { body } = await ask([one.id, two.id, newId('user'), one.id])
    const byId = (rows: unknown) => (rows as { id: string }[]).toSorted((a, b) => a.id.localeCompare(b.id))
    t.same(
      byId(body['data']),
      byId([
        { id: one.id, name: 'Ada', email: one.email, email_verified: true },
        { id: two.id, name: 'Ada', email: two.email, email_verified: false },
      ]),
    )
    t.same((await ask([])).body, { data: [] })
    t.equal((await ask([one.id], 'authz')).status, 403)
  })

  await t.test('200: with whether they have a second factor: a confirmed app or a passkey', async (t) => {
    const [app, half, key, none] = [
      await enrolled(platform, replica),
      await platform.verified(replica),
      await platform.verified(replica),
      await platform.verified(replica),
    ]
    await platform.ask(replica, { url: '/v1/me/mfa/totp', token: tokens.accessTokenFor(half.id) })
    await admin`insert into passkeys
        (id, user_id, credential_id, public_key, sign_count, name, transports, is_backed_up)
      values (${uuidOf(newId('pky'))}, ${uuidOf(key.id)}, 'x', 'x', 0, 'Key', '{}', false)`
    const people = [app, half, key, none].map(({ id }) => id)
    const body = { user_ids: people, with_second_factor: true }
    const answer = await platform.ask(replica, { url: '/internal/users/profiles', body, as: 'orgs' })
    const found = answer.body['data'] as { id: string; has_second_factor: boolean }[]
    t.same(
      people.map((id) => found.find((one) => one.id === id)?.has_second_factor),
      [true, false, true, false],
    )
  })
})

t.test('the person of an address', async (t) => {
  await t.test('200: who has proven it, however it is spelled, or null; 403: any other service', async (t) => {
    const [proven, unproven] = [await platform.verified(replica), await platform.register(replica)]
    const ask = (email: string, as: ServiceName = 'orgs') =>
      platform.ask(replica, { url: '/internal/users/by-address', body: { email }, as })
    t.same((await ask(proven.email.toUpperCase())).body, { user_id: proven.id })
    t.same((await ask(unproven.email)).body, { user_id: null })
    t.same((await ask('nobody@example.com')).body, { user_id: null })
    t.equal((await ask(proven.email, 'workers')).status, 403)
  })
})

t.test('spine', async (t) => {
  const get = (url: string, as: ServiceName) => platform.ask(replica, { method: 'GET', url, as })

  await t.test('200: the state view names everybody with version and standing', async (t) => {
    const person = await platform.verified(replica)
    const { status, body } = await get('/internal/snapshot?view=state', 'tokens')
    t.equal(status, 200)
    const [header, ...records] = lines(body['text'])
    t.match(header, { epoch: /.{36}/, position: Number })
    t.same(records.at(-1), { end: true })
    t.same(
      records.find(({ id }) => id === person.id),
      {
        kind: 'user',
        id: person.id,
        version: 2,
        min_version: 0,
        sessions_min_version: 0,
        status: 'active',
        email_verified: true,
      },
    )
    t.equal(records.length, (await admin`select 1 from users`).length + 1)
  })

  await t.test('200: the floors view holds what was raised within ten minutes, by database time', async (t) => {
    const [recent, old] = [await platform.verified(replica), await platform.verified(replica)]
    const raise = (email: string, minutesAgo: number) =>
      admin`update users set min_version = 2, floor_changed_at = now() - make_interval(mins => ${minutesAgo})
        where id = (select user_id from emails where address = ${email})`
    await raise(recent.email, 9)
    await raise(old.email, 11)
    const { body } = await get('/internal/snapshot?view=floors', 'gateway')
    t.same(lines(body['text']).slice(1), [{ kind: 'user', id: recent.id, min_version: 2 }, { end: true }])
  })

  await t.test('200 for every follower; 404: another view; 401: nobody', async (t) => {
    for (const as of ['gateway', 'tokens', 'orgs', 'authz', 'workers'] as const)
      t.equal((await get('/internal/changes?after=0', as)).status, 200)
    t.equal((await get('/internal/snapshot?view=passwords', 'gateway')).status, 404)
    t.equal(
      (await platform.ask(replica, { method: 'GET', url: '/internal/changes?after=0', as: 'nobody' })).status,
      401,
    )
  })
})
