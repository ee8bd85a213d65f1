/**
 * New passwords, by status code: forgotten and set with a link, changed while signed in; what each of them ends and
 * what it leaves alone.
 */
import { deviceHeader } from '@gatehouse/contracts/common/services'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import t from 'tap'
import { newAddress, newPassword, openPlatform, type Person } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const { admin, tokens } = platform
const replica = await platform.replica()

const post = (url: string, body: object, more: object = {}) =>
  platform.ask(replica, { url: `/v1/auth/${url}`, body, ...more })
const login = (email: string, password: string, more: object = {}) => post('login', { email, password }, more)
const forgot = (email: string, more: object = {}) => post('password/forgot', { email }, more)
const reset = (token: string, password: string) => post('password/reset', { token, password })
const change = (person: Person, body: { current_password: string; new_password: string }, more: object = {}) =>
  post('password/change', body, { token: tokens.accessTokenFor(person.id), ...more })
const changesOf = async (id: string) =>
  (await replica.deps.spine.changes({ after: 0, limit: 1000 })).events.filter(
    ({ type, userid }) => type === 'gatehouse.identity.user.password_changed.v1' && userid === id,
  )
const requestsOf = async (id: string) =>
  (await platform.announced(replica, id)).filter((type) => type === 'password_reset.requested.v1').length
const nobodysToken = () => mintSecret('gthw_').secret

t.test('forgot', async (t) => {
  await t.test('202: one mail is asked for, and none for whom there is no password to set', async (t) => {
    const [person, waiting, disabled] = [
      await platform.verified(replica),
      await platform.register(replica),
      await platform.verified(replica),
    ]
    await admin`update users set status = 'disabled' where id = (select user_id from emails
      where address = ${disabled.email})`
    for (const email of [person.email.toUpperCase(), waiting.email, disabled.email, newAddress()])
      t.match(await forgot(email), { status: 202, body: { status: 'accepted' } })
    t.same([await requestsOf(person.id), await requestsOf(waiting.id), await requestsOf(disabled.id)], [1, 0, 0])
  })

  await t.test('202: within one cooldown three mails go to an address, whoever asks', async (t) => {
    const person = await platform.verified(replica)
    for (let asked = 0; asked < 5; asked += 1)
      t.equal((await forgot(person.email, { from: `192.0.2.${asked}` })).status, 202)
    t.equal(await requestsOf(person.id), 3)
  })

  await t.test(
    '202: one network makes few mails go out over all addresses, and an address gets few over time',
    async (t) => {
      const [one, other] = [await platform.verified(replica), await platform.verified(replica)]
      for (let asked = 0; asked < 60; asked += 1) await forgot(newAddress(), { from: '198.51.100.9' })
      await forgot(one.email, { from: '198.51.100.9' })
      t.equal(await requestsOf(one.id), 0, 'the network has used up what it may')
      await forgot(one.email, { from: '198.51.100.10' })
      t.equal(await requestsOf(one.id), 1, 'the person asks from elsewhere')
      for (let asked = 0; asked < 25; asked += 1) {
        await forgot(other.email, { from: `198.51.100.${100 + asked}` })
        await admin`update password_resets set requested_at = now() - interval '1 hour'`
      }
      t.equal(await requestsOf(other.id), 19)
    },
  )

  await t.test('400: what is no address', async (t) => {
    for (const body of [{}, { email: 'x' }, { email: newAddress(), more: 1 }])
      t.equal((await post('password/forgot', body)).status, 400)
  })
})

t.test('the link', async (t) => {
  const mint = (id: string, as: 'workers' | 'gateway' | 'orgs' = 'workers') =>
    platform.ask(replica, { url: `/internal/password-resets/${id}/link`, as })

  await t.test('200: where to send it and a secret of its own for each try; null once it is over', async (t) => {
    const person = await platform.verified(replica)
    const token = await platform.resetToken(replica, person.email)
    const [{ id }] = (await admin`select r.id from password_resets r join emails e on e.id = r.email_id
        where e.address = ${person.email}`) as unknown as [{ id: string }]
    t.equal((await admin`select 1 from password_reset_secrets where reset_id = ${id}`).length, 1)
    t.notMatch(JSON.stringify(await admin`select secret_hash::text from password_reset_secrets`), token)
    t.equal((await reset(token, newPassword())).status, 204)
    t.equal((await admin`select 1 from password_resets where id = ${id}`).length, 0, 'every mail still to come is void')
  })

  await t.test('200 null: an unknown one, one of a day ago, of somebody disabled; 404 and 403', async (t) => {
    t.same((await mint(newId('rst'))).body, { mail: null })
    for (const spoil of ['requested', 'disabled']) {
      const person = await platform.verified(replica)
      await forgot(person.email)
      const { events } = await replica.deps.spine.changes({ after: 0, limit: 1000 })
      const id =
        events.findLast(({ type, userid }) => type.includes('password_reset') && userid === person.id)?.subject ?? ''
      t.match(await mint(id), { status: 200, body: { mail: { to: person.email, name: 'Ada', token: /^gthw_/ } } })
      if (spoil === 'requested') await admin`update password_resets set requested_at = now() - interval '25 hours'`
      else
        await admin`update users set status = 'disabled' where id = (select user_id from emails
          where address = ${person.email})`
      t.same((await mint(id)).body, { mail: null }, spoil)
    }
    t.equal((await mint(newId('ver'))).status, 404)
    for (const as of ['gateway', 'orgs'] as const) t.equal((await mint(newId('rst'), as)).status, 403)
  })
})

t.test('reset', async (t) => {
  await t.test(
    '204: the new password is the only one, no session begins, and all earlier ones are announced as over',
    async (t) => {
      const person = await platform.verified(replica)
      const [token, other] = [
        await platform.resetToken(replica, person.email),
        await platform.resetToken(replica, person.email),
      ]
      const password = newPassword()
      const answer = await reset(token, password)
      t.match(answer, { status: 204, body: { text: '' } })
      t.match(await changesOf(person.id), [
        {
          version: 3,
          actor: `user:${person.id}`,
          data: { user_id: person.id, via: 'reset', ends_sessions_below: 3, min_uv: 3 },
        },
      ])
      t.equal((await login(person.email, person.password)).status, 401)
      t.equal((await login(person.email, password)).status, 200)
      for (const used of [token, other])
        t.match(await reset(used, newPassword()), { status: 400, body: { code: 'invalid_token' } })
    },
  )

  await t.test('400: unknown, malformed, expired, of somebody disabled: one answer', async (t) => {
    const [expired, disabled] = [await platform.verified(replica), await platform.verified(replica)]
    const bad = [
      nobodysToken(),
      'x',
      mintSecret('gthv_').secret,
      await platform.resetToken(replica, expired.email),
      await platform.resetToken(replica, disabled.email),
    ]
    await admin`update password_reset_secrets set expires_at = now() where user_id = (select user_id from emails
      where address = ${expired.email})`
    await admin`update users set status = 'disabled' where id = (select user_id from emails
      where address = ${disabled.email})`
    const seen = new Set<string>()
    for (const token of bad) {
      const { status, body } = await reset(token, newPassword())
      seen.add(JSON.stringify({ status, ...body, request_id: '', instance: '' }))
    }
    t.equal(seen.size, 1)
    t.match([...seen][0], /"status":400.*invalid_token/)
  })

  await t.test('400: a weak password leaves the link usable', async (t) => {
    const person = await platform.verified(replica)
    const token = await platform.resetToken(replica, person.email)
    t.match(await reset(token, 'ada ada ada ada ada'), {
      status: 400,
      body: { code: 'weak_password', errors: [{ path: '/password' }] },
    })
    t.equal((await reset(token, newPassword())).status, 204)
  })

  await t.test('a reset is no way past a lock', async (t) => {
    const person = await platform.verified(replica)
    const from = '192.0.2.77'
    for (let tried = 0; tried < 10; tried += 1) await login(person.email, newPassword(), { from })
    const password = newPassword()
    t.equal((await reset(await platform.resetToken(replica, person.email), password)).status, 204)
    t.equal((await login(person.email, password, { from })).status, 401, 'the network that guessed waits')
    t.equal((await login(person.email, password)).status, 200)
  })

  await t.test('a reset ends sign-ins that wait, and devices are not known any more', async (t) => {
    const person = await platform.register(replica)
    const waiting = await login(person.email, person.password, { registration: person.registration })
    await post(
      'verify-email',
      { token: await platform.mint(replica, person.verification) },
      { registration: person.registration },
    )
    t.equal((await reset(await platform.resetToken(replica, person.email), newPassword())).status, 204)
    t.match(await post('challenge', { challenge: waiting.body['challenge'], step: 'verify_email' }), {
      status: 400,
      body: { code: 'invalid_token' },
    })
  })
})

t.test('change', async (t) => {
  await t.test(
    '204: the new password counts, other sessions are announced as over, links die, the device stays known',
    async (t) => {
      const person = await platform.verified(replica)
      const device = String((await login(person.email, person.password)).headers[deviceHeader])
      const link = await platform.resetToken(replica, person.email)
      const [sessionId, password] = [newId('ses'), newPassword()]
      const token = tokens.accessTokenFor(person.id, { sessionId })
      const changed = await change(
        person,
        { current_password: person.password, new_password: password },
        { token, device },
      )
      t.equal(changed.status, 204)
      t.match(changed.headers[deviceHeader], /^gthd_/)
      const [event] = await changesOf(person.id)
      t.same(event?.data, { user_id: person.id, via: 'change', ends_sessions_below: 3, kept_session_id: sessionId })
      t.equal((await login(person.email, person.password)).status, 401)
      t.equal((await login(person.email, password)).status, 200)
      t.equal((await reset(link, newPassword())).status, 400)
    },
  )

  await t.test('401: a wrong present password, counted as a sign-in counts it', async (t) => {
    const person = await platform.verified(replica)
    const from = '192.0.2.78'
    const wrong = () => change(person, { current_password: newPassword(), new_password: newPassword() }, { from })
    for (let tried = 0; tried < 10; tried += 1)
      t.match(await wrong(), { status: 401, body: { code: 'invalid_credentials' } })
    t.equal(
      (await change(person, { current_password: person.password, new_password: newPassword() }, { from })).status,
      401,
      'the right one comes too late',
    )
    t.equal((await login(person.email, person.password, { from })).status, 401, 'at the sign-in too')
    t.equal((await changesOf(person.id)).length, 0)
  })

  await t.test('401: a sign-in that is not recent, with what a sign-in has to be', async (t) => {
    const person = await platform.verified(replica)
    const token = tokens.accessTokenFor(person.id, { signedInSecondsAgo: 3700 })
    const answer = await change(person, { current_password: person.password, new_password: newPassword() }, { token })
    t.match(answer, { status: 401, body: { code: 'insufficient_user_authentication' } })
    t.match(answer.headers['www-authenticate'], /max_age="900"/)
    t.equal(
      (await change(person, { current_password: person.password, new_password: newPassword() }, { token: undefined }))
        .status,
      401,
    )
  })

  await t.test('400: a weak one, the present one; 404: a person who is gone', async (t) => {
    const person = await platform.verified(replica)
    for (const new_password of [person.password, 'ada ada ada ada ada'])
      t.match(await change(person, { current_password: person.password, new_password }), {
        status: 400,
        body: { code: 'weak_password', errors: [{ path: '/new_password' }] },
      })
    t.equal(
      (
        await change(
          { ...person, id: newId('user') },
          { current_password: person.password, new_password: newPassword() },
        )
      ).status,
      404,
    )
  })

  await t.test('the password of an open registration of the same address changes nothing', async (t) => {
    const person = await platform.verified(replica)
    const stranger = newPassword()
    await post('register', { email: person.email, password: stranger, name: 'Mallory' })
    t.equal((await change(person, { current_password: stranger, new_password: newPassword() })).status, 401)
  })
})
