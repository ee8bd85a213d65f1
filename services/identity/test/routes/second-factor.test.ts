/**
 * Authenticator apps and recovery codes, by status code: enrolling, signing in with them, removing them, and what wrong
 * codes cost.
 */
import { randomBytes } from 'node:crypto'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { reseal } from '@gatehouse/service-kit/secrets/reseal'
import t from 'tap'
import { sealedTotp } from '../../src/use-cases/factors/sealed-totp.ts'
import { newPassword, openPlatform } from '../fixtures/platform.ts'
import { answerStep, authenticatorApp, challengeOf, enrolled, recoveryCodesOf } from '../fixtures/second-factor.ts'

const platform = await openPlatform(t)
const { admin, tokens } = platform
const replica = await platform.replica()
const strong = (userId: string) => tokens.accessTokenFor(userId, { acr: 'aal2' })
const totp = (challenge: string, code: string, more: object = {}) =>
  answerStep(platform, replica, { challenge, step: 'totp', code }, more)

t.afterEach(() => tokens.refuseWith(undefined))

t.test('enrolling', async (t) => {
  await t.test(
    '201, 204: the secret, a key URI and a picture; nothing counts before a code is confirmed',
    async (t) => {
      const person = await platform.verified(replica)
      const token = tokens.accessTokenFor(person.id)
      const begun = await platform.ask(replica, { url: '/v1/me/mfa/totp', token })
      t.equal(begun.status, 201)
      t.match(String(begun.body['secret']), /^[A-Z2-7]{32}$/, '160 bits (RFC 4226 §4)')
      t.match(begun.body, {
        otpauth_url: /^otpauth:\/\/totp\/Gatehouse:/,
        qr_svg: /^<svg /,
      })
      const [stored] = await admin`select secret_encrypted from totp_factors`
      t.match(String(stored?.['secret_encrypted']), /^v1\./)
      t.notMatch(JSON.stringify(await admin`select * from totp_factors`), String(begun.body['secret']))
      const { status, body } = await platform.ask(replica, {
        url: '/v1/auth/login',
        body: { email: person.email, password: person.password },
      })
      t.match({ status, body }, { status: 200, body: { status: 'authenticated' } }, 'not asked for yet')
      const { code } = authenticatorApp(String(begun.body['secret']))
      const confirm = (given: string) =>
        platform.ask(replica, { url: '/v1/me/mfa/totp/confirm', body: { code: given }, token })
      t.match(await confirm('000000x'.slice(0, 6)), { status: 401, body: { code: 'invalid_code' } })
      t.equal((await confirm(code())).status, 204)
      t.match(await confirm(code(1)), { status: 404 }, 'nothing waits any more')
      t.match(await platform.ask(replica, { url: '/v1/me/mfa', method: 'GET', token }), {
        status: 200,
        body: { totp: { last_used_at: null }, recovery_codes: { left: 0 } },
      })
      const challenge = await challengeOf(platform, replica, person)
      t.match(await totp(challenge, code()), { status: 401 }, 'the code of the enrollment signs nobody in')
      t.match(await totp(challenge, code(1)), { status: 200, body: { status: 'authenticated' } })
    },
  )

  await t.test('409: an app is enrolled already; another enrollment replaces an unconfirmed one', async (t) => {
    const person = await platform.verified(replica)
    const begin = (token: string) => platform.ask(replica, { url: '/v1/me/mfa/totp', token })
    const first = await begin(tokens.accessTokenFor(person.id))
    const second = await begin(tokens.accessTokenFor(person.id))
    const confirm = (secret: unknown) =>
      platform.ask(replica, {
        url: '/v1/me/mfa/totp/confirm',
        body: { code: authenticatorApp(String(secret)).code() },
        token: tokens.accessTokenFor(person.id),
      })
    t.equal((await confirm(first.body['secret'])).status, 401, 'the first secret is gone')
    t.equal((await confirm(second.body['secret'])).status, 204)
    t.match(await begin(strong(person.id)), { status: 409, body: { code: 'conflict' } })
  })

  await t.test('401: an old sign-in, and a weak one where there is a factor, must step up (RFC 9470)', async (t) => {
    const person = await enrolled(platform, replica)
    const old = { auth_time: Math.floor(Date.now() / 1000) - 901 }
    const ask = (method: 'POST' | 'DELETE', url: string, token: string) => platform.ask(replica, { method, url, token })
    const fresh = await platform.verified(replica)
    t.match(await ask('POST', '/v1/me/mfa/totp', tokens.accessTokenFor(fresh.id, old)), {
      status: 401,
      body: { code: 'insufficient_user_authentication' },
      headers: { 'www-authenticate': /max_age="900"$/ },
    })
    for (const token of [tokens.accessTokenFor(person.id), tokens.accessTokenFor(person.id, { ...old, acr: 'aal2' })])
      for (const [method, url] of [
        ['POST', '/v1/me/mfa/totp'],
        ['DELETE', '/v1/me/mfa/totp'],
      ] as const)
        t.match(await ask(method, url, token), {
          status: 401,
          headers: { 'www-authenticate': /acr_values="aal2", max_age="900"$/ },
        })
    t.equal((await ask('DELETE', '/v1/me/mfa/totp', strong(fresh.id))).status, 404, 'nothing to remove')
  })
})

t.test('signing in', async (t) => {
  await t.test('200: the password, then the code; the session says so (RFC 8176)', async (t) => {
    const person = await enrolled(platform, replica)
    const asked = tokens.asked.length
    const organization_id = newId('org')
    const { body, headers } = await platform.ask(replica, {
      url: '/v1/auth/login',
      body: { email: person.email, password: person.password, organization_id },
    })
    t.match(body, { status: 'challenge', next: ['totp'] })
    t.notOk(headers['gatehouse-device'], 'a password alone makes no known device')
    t.equal(tokens.asked.length, asked, 'and no session')
    const answered = await totp(String(body['challenge']), person.app.code())
    t.match(answered, { status: 200, body: { status: 'authenticated', organization: { id: organization_id } } })
    t.ok(answered.headers['gatehouse-device'])
    t.match(tokens.asked.at(-1), { user_id: person.id, amr: ['pwd', 'otp', 'mfa'], organization_id })
    t.match(await totp(String(body['challenge']), person.app.code(1)), { status: 400, body: { code: 'invalid_token' } })
  })

  await t.test('401: a step is accepted once, its neighbours in the window once, and steps only rise', async (t) => {
    const person = await enrolled(platform, replica)
    const { app } = person
    const sign = async (offset: number) =>
      (await totp(await challengeOf(platform, replica, person), app.code(offset))).status
    t.same([await sign(-1), await sign(0), await sign(0), await sign(-1)], [401, 200, 401, 401])
    t.same([await sign(1), await sign(1), await sign(0), await sign(2), await sign(-2)], [200, 401, 401, 401, 401])
  })

  await t.test(
    '503: when tokens fails the sign-in is given back, its code stays spent, and it ends without another',
    async (t) => {
      const person = await enrolled(platform, replica)
      const challenge = await challengeOf(platform, replica, person)
      tokens.refuseWith('not_current')
      t.equal((await totp(challenge, person.app.code())).status, 503)
      tokens.refuseWith(undefined)
      const { status, body } = await answerStep(platform, replica, { challenge, step: 'verify_email' })
      t.match({ status, body }, { status: 200, body: { status: 'authenticated' } }, 'all steps were answered')
    },
  )

  await t.test('409, 400: a step that is not waited for, a missing code, an unknown step', async (t) => {
    const person = await enrolled(platform, replica)
    const challenge = await challengeOf(platform, replica, person)
    for (const step of ['recovery_code', 'enroll_mfa'])
      t.match(await answerStep(platform, replica, { challenge, step, code: '123456' }), {
        status: 409,
        body: { code: 'step_unavailable' },
      })
    t.equal((await answerStep(platform, replica, { challenge, step: 'password', password: 'x' })).status, 409)
    t.match(await answerStep(platform, replica, { challenge, step: 'totp' }), {
      status: 400,
      body: { code: 'validation_failed' },
    })
    t.equal((await answerStep(platform, replica, { challenge, step: 'magic', code: '123456' })).status, 400)
  })

  await t.test('400: a sign-in that began in one browser goes on in no other', async (t) => {
    const person = await enrolled(platform, replica)
    const challenge = await challengeOf(platform, replica, person, { browser: 'one' })
    for (const more of [{}, { browser: 'other' }])
      t.match(await totp(challenge, person.app.code(), more), { status: 400, body: { code: 'invalid_token' } })
    t.equal((await totp(challenge, person.app.code(), { browser: 'one' })).status, 200)
  })

  await t.test('400: of a person disabled meanwhile', async (t) => {
    const person = await enrolled(platform, replica)
    const challenge = await challengeOf(platform, replica, person)
    await admin`update users set status = 'disabled' where id = (select user_id from emails
      where address = ${person.email})`
    t.match(await totp(challenge, person.app.code()), { status: 400, body: { code: 'invalid_token' } })
  })
})

t.test('recovery codes', async (t) => {
  await t.test('201: ten, shown once, kept as hashes; each signs in once and the person is told', async (t) => {
    const person = await enrolled(platform, replica)
    const codes = await recoveryCodesOf(platform, replica, person)
    t.equal(new Set(codes).size, 10)
    t.notMatch(JSON.stringify(await admin`select * from recovery_codes`), codes[0] ?? '')
    const sign = async (code: string) =>
      answerStep(platform, replica, {
        challenge: await challengeOf(platform, replica, person),
        step: 'recovery_code',
        code,
      })
    t.match(await sign(String(codes[0]).toUpperCase().replaceAll('-', ' ')), { body: { status: 'authenticated' } })
    t.match(tokens.asked.at(-1), { amr: ['pwd', 'otp', 'mfa'] })
    t.match(await sign(codes[0] ?? ''), { status: 401, body: { code: 'invalid_code' } })
    t.equal((await sign(codes[1] ?? '')).status, 200)
    const { events } = await replica.deps.spine.changes({ after: 0, limit: 1000 })
    const used = events.filter(({ type, userid }) => type.includes('recovery_code_used') && userid === person.id)
    t.same(
      used.map(({ data }) => data['left']),
      [9, 8],
    )
    const versions = events.filter(({ type, userid }) => type.includes('.factors.') && userid === person.id)
    t.same(
      versions.map(({ version }) => version),
      [1, 2, 3, 4],
      'one aggregate, whose version only grows',
    )
  })

  await t.test(
    '409, 401: none without a factor; a set is replaced only by a strong sign-in, and the old one is void',
    async (t) => {
      const bare = await platform.verified(replica)
      const make = (token: string) => platform.ask(replica, { url: '/v1/me/mfa/recovery-codes', token })
      t.match(await make(tokens.accessTokenFor(bare.id)), { status: 409, body: { code: 'conflict' } })
      const person = await enrolled(platform, replica)
      t.equal((await make(tokens.accessTokenFor(person.id))).status, 201, 'the first set right after the enrollment')
      const [old] = await recoveryCodesOf(platform, replica, person)
      t.equal((await make(tokens.accessTokenFor(person.id))).status, 401)
      await recoveryCodesOf(platform, replica, person)
      const challenge = await challengeOf(platform, replica, person)
      t.equal((await answerStep(platform, replica, { challenge, step: 'recovery_code', code: old ?? '' })).status, 401)
    },
  )

  await t.test('204: with the app its recovery codes go, and the password is enough again', async (t) => {
    const person = await enrolled(platform, replica)
    await recoveryCodesOf(platform, replica, person)
    const open = await challengeOf(platform, replica, person)
    const token = strong(person.id)
    t.equal((await platform.ask(replica, { method: 'DELETE', url: '/v1/me/mfa/totp', token })).status, 204)
    t.match(await platform.ask(replica, { url: '/v1/me/mfa', method: 'GET', token }), {
      body: { totp: null, recovery_codes: { left: 0 } },
    })
    t.equal(
      (await answerStep(platform, replica, { challenge: open, step: 'verify_email' })).status,
      400,
      'begun before',
    )
    const { body } = await platform.ask(replica, {
      url: '/v1/auth/login',
      body: { email: person.email, password: person.password },
    })
    t.equal(body['status'], 'authenticated')
    t.same(
      (await platform.announced(replica, person.id)).filter((type) => type.startsWith('factors')),
      ['factors.changed.v1', 'factors.changed.v1', 'factors.changed.v1'],
    )
  })
})

t.test('guessing', async (t) => {
  await t.test('400: five wrong codes end a sign-in', async (t) => {
    const person = await enrolled(platform, replica)
    const challenge = await challengeOf(platform, replica, person)
    for (let wrong = 0; wrong < 5; wrong += 1) t.equal((await totp(challenge, '000000')).status, 401)
    t.match(await totp(challenge, person.app.code()), { status: 400, body: { code: 'invalid_token' } })
  })

  await t.test(
    '401: a right password in between forgives no wrong code; the right code is refused like a wrong one',
    async (t) => {
      const person = await enrolled(platform, replica)
      for (let wrong = 0; wrong < 10; wrong += 1)
        t.equal((await totp(await challengeOf(platform, replica, person), '000000')).status, 401)
      const refused = await totp(await challengeOf(platform, replica, person), person.app.code())
      t.match(refused, { status: 401, body: { code: 'invalid_code' } })
      t.ok((await platform.announced(replica, person.id)).includes('sign_in.locked.v1'))
      const elsewhere = { from: '198.51.100.23' }
      const challenge = await challengeOf(platform, replica, person, elsewhere)
      t.equal((await totp(challenge, person.app.code(), elsewhere)).status, 200, 'from another network it gets in')
    },
  )

  await t.test('200: a known device stands outside what strangers have filled', async (t) => {
    const person = await enrolled(platform, replica)
    const first = await totp(await challengeOf(platform, replica, person), person.app.code())
    const device = String(first.headers['gatehouse-device'])
    for (let wrong = 0; wrong < 10; wrong += 1) await totp(await challengeOf(platform, replica, person), '000000')
    const challenge = await challengeOf(platform, replica, person)
    t.equal((await totp(challenge, person.app.code(1))).status, 401)
    t.equal((await totp(challenge, person.app.code(1), { device })).status, 200)
  })

  await t.test('401: codes of another person’s app', async (t) => {
    const [one, other] = [await enrolled(platform, replica), await enrolled(platform, replica)]
    t.equal((await totp(await challengeOf(platform, replica, one), other.app.code())).status, 401)
    t.equal((await totp(await challengeOf(platform, replica, other), other.app.code())).status, 200)
  })

  await t.test(
    'a password says nothing about whether it was right when the address is wrong, factor or not',
    async (t) => {
      const person = await enrolled(platform, replica)
      const { status, body } = await platform.ask(replica, {
        url: '/v1/auth/login',
        body: { email: person.email, password: newPassword() },
      })
      t.match({ status, body }, { status: 401, body: { code: 'invalid_credentials' } })
    },
  )
})

t.test('a sign-in says the version of the person that its password met, not the one of now', async (t) => {
  const person = await enrolled(platform, replica)
  const challenge = await challengeOf(platform, replica, person)
  const token = tokens.accessTokenFor(person.id)
  const renamed = { method: 'PATCH' as const, url: '/v1/me', body: { name: 'Another Name' }, token }
  t.equal((await platform.ask(replica, renamed)).status, 200)
  t.equal((await totp(challenge, person.app.code())).status, 200)
  const before = tokens.asked.at(-1)?.user_version ?? Infinity
  t.equal((await totp(await challengeOf(platform, replica, person), person.app.code(1))).status, 200)
  t.equal(
    tokens.asked.at(-1)?.user_version,
    before + 1,
    'tokens refuses a session whose password is another one by now',
  )
})

t.test('a person with a second factor changes the address and the password with it', async (t) => {
  const { id, email, password } = await enrolled(platform, replica)
  const changes = [
    { url: '/v1/me/email', body: { email: `new-${email}`, current_password: password } },
    { url: '/v1/auth/password/change', body: { current_password: password, new_password: newPassword() } },
  ]
  for (const change of changes) {
    const weak = await platform.ask(replica, { ...change, token: tokens.accessTokenFor(id) })
    t.match(weak, { status: 401, body: { code: 'insufficient_user_authentication' } }, change.url)
    t.ok((await platform.ask(replica, { ...change, token: strong(id) })).status < 300, change.url)
  }
})

t.test(
  'a new key-encryption key: what apps share is sealed anew, their codes count, and the old key can go',
  async (t) => {
    const person = await enrolled(platform, replica)
    const fresh = randomBytes(32).toString('base64url')
    const both = await platform.replica({ KEY_ENCRYPTION_KEY: fresh, KEY_ENCRYPTION_KEY_PREVIOUS: 'K'.repeat(43) })
    const [first, second] = await Promise.all([reseal(sealedTotp(both.deps)), reseal(sealedTotp(both.deps))])
    t.ok(first.resealed >= 1)
    t.same([first.left, second.left], [0, 0])
    t.same(await reseal(sealedTotp(both.deps)), { resealed: 0, left: 0 })
    const alone = await platform.replica({ KEY_ENCRYPTION_KEY: fresh })
    const challenge = await challengeOf(platform, alone, person)
    const answer = await answerStep(platform, alone, { challenge, step: 'totp', code: person.app.code() })
    t.match(answer, { status: 200, body: { status: 'authenticated' } })
    t.ok((await reseal(sealedTotp(replica.deps))).left >= 1, 'who does not have the key counts what is left')
  },
)
