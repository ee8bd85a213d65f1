/** Signing in, by status code: password, missing steps, throttle, and a neighbour that fails. */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { newAddress, newPassword, openPlatform, type Person } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const { admin, tokens } = platform
const replica = await platform.replica()
const login = (email: string, password: string, more: object = {}, from = '203.0.113.7') =>
  platform.ask(replica, { url: '/v1/auth/login', body: { email, password, ...more }, from })
const loginAs = ({ email, password }: Person, more: object = {}) => login(email, password, more)
const answer = (challenge: unknown, step = 'verify_email') =>
  platform.ask(replica, { url: '/v1/auth/challenge', body: { challenge, step } })

t.afterEach(() => tokens.refuseWith(undefined))

t.test('login', async (t) => {
  const person = await platform.verified(replica)

  await t.test('200: tokens opens a session for the person in the version identity saw', async (t) => {
    const { status, body } = await loginAs(person)
    t.equal(status, 200)
    t.match(body, {
      status: 'authenticated',
      token_type: 'Bearer',
      expires_in: 300,
      user: { id: person.id },
      organization: null,
    })
    t.same(tokens.asked.at(-1), { user_id: person.id, client_id: 'gatehouse-web', amr: ['pwd'], user_version: 2 })
  })

  await t.test('200: an absent organization, null and an id reach tokens as three different things', async (t) => {
    const organization = newId('org')
    await loginAs(person)
    t.notOk('organization_id' in (tokens.asked.at(-1) ?? {}))
    await loginAs(person, { organization_id: null })
    t.equal(tokens.asked.at(-1)?.organization_id, null)
    const { body } = await loginAs(person, { organization_id: organization })
    t.equal(tokens.asked.at(-1)?.organization_id, organization)
    t.same(body['organization'], { id: organization })
  })

  await t.test('200: address in any case, password in any normal form', async (t) => {
    const accented = await platform.verified(replica, { password: `${newPassword()} \u00e9\u00fc` })
    t.equal((await login(accented.email.toUpperCase(), accented.password.normalize('NFD'))).status, 200)
    t.equal((await login(accented.email, accented.password.toUpperCase())).status, 401)
  })

  await t.test('401: wrong password, unknown address and disabled person are one answer', async (t) => {
    const disabled = await platform.verified(replica)
    await admin`update users set status = 'disabled' where id = (select user_id from emails
      where address = ${disabled.email})`
    const answers = [
      await login(person.email, newPassword()),
      await login(newAddress(), newPassword()),
      await loginAs(disabled),
    ]
    for (const { status, body, headers } of answers) {
      t.match({ status, code: body['code'] }, { status: 401, code: 'invalid_credentials' })
      t.notOk(headers['gatehouse-revision'])
      t.same({ ...body, request_id: '' }, { ...answers[0]?.body, request_id: '' })
    }
  })

  await t.test(
    '401: a wrong password is announced about the person, by nobody; an unknown address is not',
    async (t) => {
      const before = await platform.announced(replica)
      await login(person.email, newPassword())
      await login(newAddress(), newPassword())
      const { events } = await replica.deps.spine.changes({ after: 0, limit: 1000 })
      t.equal(events.length, before.length + 1)
      t.match(events.at(-1), {
        type: 'gatehouse.identity.sign_in.failed.v1',
        userid: person.id,
        actor: 'system',
        clientaddress: '203.0.113.7',
        data: { user_id: person.id },
      })
    },
  )

  await t.test('404, 503: what tokens refuses is what the caller hears', async (t) => {
    tokens.refuseWith('not_found')
    t.match(await loginAs(person, { organization_id: newId('org') }), { status: 404, body: { code: 'not_found' } })
    tokens.refuseWith('not_current')
    t.match(await loginAs(person), { status: 503, body: { code: 'not_current' } })
  })

  await t.test('400: a malformed organization', async (t) => {
    for (const organization_id of ['acme', newId('user'), 7])
      t.equal((await loginAs(person, { organization_id })).status, 400)
  })
})

t.test('challenge', async (t) => {
  const waiting = async (more: object = {}) => {
    const person = await platform.register(replica)
    const { status, body } = await loginAs(person, more)
    t.match({ status, body }, { status: 200, body: { status: 'challenge', next: ['verify_email'] } })
    return { person, challenge: String(body['challenge']) }
  }
  const verify = async ({ verification }: Person) =>
    platform.ask(replica, { url: '/v1/auth/verify-email', body: { token: await platform.mint(replica, verification) } })

  await t.test(
    '200: an unproven person gets no session but a challenge, again and again, and the session once the address is proven',
    async (t) => {
      const organization_id = newId('org')
      const { person, challenge } = await waiting({ organization_id })
      const asked = tokens.asked.length
      for (let tried = 0; tried < 2; tried += 1)
        t.same(await answer(challenge).then(({ body }) => body), {
          status: 'challenge',
          challenge,
          next: ['verify_email'],
        })
      t.equal(tokens.asked.length, asked, 'tokens was never asked')
      await verify(person)
      t.match(await answer(challenge), {
        status: 200,
        body: { status: 'authenticated', user: { id: person.id }, organization: { id: organization_id } },
      })
      t.same(tokens.asked.at(-1), {
        user_id: person.id,
        client_id: 'gatehouse-web',
        amr: ['pwd'],
        user_version: 2,
        organization_id,
      })
      t.match(await answer(challenge), { status: 400, body: { code: 'invalid_token' } }, 'and works once')
    },
  )

  await t.test('200: a null organization survives the wait', async (t) => {
    const { person, challenge } = await waiting({ organization_id: null })
    await verify(person)
    t.equal((await answer(challenge)).status, 200)
    t.equal(tokens.asked.at(-1)?.organization_id, null)
  })

  await t.test('503: when tokens fails, the challenge is given back', async (t) => {
    const { person, challenge } = await waiting()
    await verify(person)
    tokens.refuseWith('not_current')
    t.equal((await answer(challenge)).status, 503)
    tokens.refuseWith(undefined)
    t.match(await answer(challenge), { status: 200, body: { status: 'authenticated' } })
  })

  await t.test('400: expired, invented, and of a person disabled meanwhile; unknown steps', async (t) => {
    const { person, challenge } = await waiting()
    t.equal((await answer(challenge, 'totp')).status, 400)
    await verify(person)
    await admin`update sign_in_transactions set expires_at = now() - interval '1 second'`
    for (const bad of [challenge, 'gthc_x', `${challenge.slice(0, -1)}x`])
      t.match(await answer(bad), { status: 400, body: { code: 'invalid_token' } })
    const other = await waiting()
    await verify(other.person)
    await admin`update users set status = 'disabled' where id = (select user_id from emails
      where address = ${other.person.email})`
    t.not((await answer(other.challenge)).body['status'], 'authenticated')
  })
})

t.test('rehash', async (t) => {
  await t.test('200: raised parameters reach the person at the next sign-in, and the password stays', async (t) => {
    const person = await platform.verified(replica)
    const stronger = await platform.replica({ IDENTITY_ARGON2_MEMORY_KIB: 512, IDENTITY_ARGON2_PASSES: 2 })
    const phc = async () =>
      String(
        (
          await admin`select phc from credentials where user_id = (select user_id from emails
            where address = ${person.email})`
        )[0]?.['phc'],
      )
    t.match(await phc(), 'm=256,t=1')
    const body = { email: person.email, password: person.password }
    t.equal((await platform.ask(stronger, { url: '/v1/auth/login', body })).status, 200)
    t.match(await phc(), 'm=512,t=2')
    const kept = await phc()
    t.equal((await platform.ask(stronger, { url: '/v1/auth/login', body })).status, 200)
    t.equal((await platform.ask(replica, { url: '/v1/auth/login', body })).status, 200)
    t.equal(await phc(), kept, 'never weakened, never rewritten for nothing')
  })
})

t.test('overload', async (t) => {
  await t.test('503: what finds the queue full is told when to come back, whoever it is', async (t) => {
    const narrow = await platform.replica({
      IDENTITY_HASH_CONCURRENCY: 1,
      IDENTITY_HASH_QUEUE: 1,
      IDENTITY_ARGON2_MEMORY_KIB: 65_536,
      IDENTITY_ARGON2_PASSES: 1,
    })
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        platform.ask(narrow, { url: '/v1/auth/login', body: { email: newAddress(), password: newPassword() } }),
      ),
    )
    const refused = answers.filter(({ status }) => status === 503)
    t.ok(refused.length > 0)
    for (const { body, headers } of refused)
      t.match({ code: body['code'], wait: headers['retry-after'] }, { code: 'unavailable', wait: '2' })
    t.ok(answers.every(({ status }) => status === 401 || status === 503))
  })
})
