/** Opening an account and proving its address, by status code. */
import { registrationHeader } from '@gatehouse/contracts/common/services'
import t from 'tap'
import { newAddress, newPassword, openPlatform } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const { admin } = platform
const replica = await platform.replica()
const register = (body: unknown, as: 'gateway' | 'nobody' | 'orgs' = 'gateway') =>
  platform.ask(replica, { url: '/v1/auth/register', body, as })
const verify = (token: string) => platform.ask(replica, { url: '/v1/auth/verify-email', body: { token } })

t.test('register', async (t) => {
  await t.test(
    '202: the person exists, unverified, and both facts are announced with no address in them',
    async (t) => {
      const email = newAddress('Grace')
      const person = await platform.register(replica, { email })
      const [row] = await admin`select u.version, e.verified_at, e.normalized_address, v.phc from users u join emails e
          on e.user_id = u.id join email_verifications v on v.email_id = e.id where e.address = ${email}`
      t.match(row, {
        version: '1',
        verified_at: null,
        normalized_address: email.toLowerCase(),
        phc: /^\$argon2id\$v=19\$/,
      })
      t.same(await platform.announced(replica, person.id), ['user.registered.v1', 'email_verification.requested.v1'])
      const { events } = await replica.deps.spine.changes({ after: 0 })
      const text = JSON.stringify(events)
      t.notMatch(text, email)
      t.notMatch(text, /Ada/)
      t.match(
        events.find(({ subject }) => subject === person.id),
        { version: 1, actor: `user:${person.id}`, clientaddress: '203.0.113.7' },
      )
    },
  )

  await t.test('202: a known address, in whatever case, gets the same answer and nothing changes', async (t) => {
    const person = await platform.verified(replica)
    const before = await platform.announced(replica)
    const known = await register({ email: person.email.toUpperCase(), password: newPassword(), name: 'Mallory' })
    const unknown = await register({ email: newAddress(), password: newPassword(), name: 'Mallory' })
    t.equal(known.status, 202)
    t.same(known.body, unknown.body)
    const handles = [known, unknown].map(({ headers }) => String(headers[registrationHeader]))
    t.match(handles, [/^gthg_.{49}$/, /^gthg_.{49}$/])
    const volatile = ['x-request-id', 'date', registrationHeader, 'gatehouse-revision']
    const headersOf = (answer: typeof known) =>
      Object.entries(answer.headers).filter(([name]) => !volatile.includes(name))
    t.same(headersOf(known), headersOf(unknown))
    const sealed = [known, unknown].map((answer) => String(answer.headers['gatehouse-revision']))
    t.same(
      sealed.map((text) => text.length),
      [107, 107],
      'both say a revision, and neither can be read',
    )
    t.notMatch(Buffer.from(sealed.join(''), 'base64url').toString('latin1'), /identity/)
    t.same((await platform.announced(replica)).slice(before.length).toSorted(), [
      'email_verification.requested.v1',
      'email_verification.requested.v1',
      'user.registered.v1',
    ])
    const login = await platform.ask(replica, { url: '/v1/auth/login', body: person })
    t.equal(login.status, 400, 'the fixture has more properties than a login')
    t.equal(
      (await platform.ask(replica, { url: '/v1/auth/login', body: { email: person.email, password: person.password } }))
        .status,
      200,
    )
  })

  await t.test(
    '202: each registration of an unproven address asks for its own mail, three within the cooldown; the answer never differs',
    async (t) => {
      const person = await platform.register(replica)
      const again = async () => {
        const { status, body, headers } = await register({ email: person.email, password: newPassword(), name: 'Ada' })
        t.match(
          { status, body, revision: String(headers['gatehouse-revision']).length },
          { status: 202, body: { status: 'accepted' }, revision: 107 },
        )
        return (await platform.announced(replica, person.id)).length
      }
      t.same([await again(), await again(), await again()], [3, 4, 4])
      await admin`update email_verifications set mail_requested_at = now() - interval '2 minutes'`
      t.equal(await again(), 5)
      t.equal((await platform.announced(replica, person.id)).at(-1), 'email_verification.requested.v1')
    },
  )

  await t.test('400: a short, a guessable and a personal password are refused with every reason', async (t) => {
    const faults = async (password: string) => {
      const { status, body } = await register({ email: newAddress(), password, name: 'Ada Lovelace' })
      t.match({ status, code: body['code'] }, { status: 400, code: 'weak_password' })
      const errors = body['errors'] as { path: string; message: string }[]
      t.ok(errors.every(({ path }) => path === '/password'))
      return errors.map(({ message }) => /at least|mostly|tried first/.exec(message)?.[0])
    }
    t.same(await faults('kK3!kf9Qz_w+7x'), ['at least'])
    t.same(await faults('passwordpassword'), ['tried first'])
    t.same(await faults('Ada Lovelace xQ9!'), ['mostly'])
    t.same(await faults('ada'), ['at least', 'mostly', 'tried first'])
  })

  await t.test('400: malformed JSON, unknown properties, wrong types and control characters', async (t) => {
    const good = { email: newAddress(), password: newPassword(), name: 'Ada' }
    for (const body of [
      { ...good, admin: true },
      { ...good, email: 'nobody' },
      { ...good, email: 7 },
      { ...good, name: ' ' },
      { ...good, name: 'a\u0000b' },
      { email: good.email },
      [],
      '{',
    ])
      t.equal((await register(body)).status, 400)
  })

  await t.test('202: a domain in any script is one mailbox with its ASCII form', async (t) => {
    const label = newAddress().split('@')[0] ?? ''
    const person = await platform.verified(replica, { email: `${label}@bücher.example` })
    const login = (email: string) =>
      platform.ask(replica, { url: '/v1/auth/login', body: { email, password: person.password } })
    for (const email of [person.email, `${label.toUpperCase()}@XN--BCHER-KVA.example`, `${label}@bu\u0308cher.example`])
      t.match((await login(email)).body, { status: 'authenticated' }, email)
  })

  await t.test('400: an address that no mail can reach, in register, login and resend alike', async (t) => {
    for (const email of [`${'a'.repeat(65)}@example.test`, `ada@${'ü'.repeat(60)}.example`, 'ada@localhost'])
      for (const [url, more] of [
        ['/v1/auth/register', { password: newPassword(), name: 'Ada' }],
        ['/v1/auth/login', { password: newPassword() }],
        ['/v1/auth/verify-email/resend', {}],
      ] as const)
        t.match(await platform.ask(replica, { url, body: { email, ...more } }), {
          status: 400,
          body: { code: 'validation_failed' },
        })
  })

  await t.test('202: a password of 1024 characters is taken whole', async (t) => {
    const password = Array.from({ length: 64 }, () => newPassword())
      .join('')
      .slice(0, 1024)
    const person = await platform.verified(replica, { password })
    const login = (given: string) =>
      platform.ask(replica, { url: '/v1/auth/login', body: { email: person.email, password: given } })
    t.equal((await login(`${password.slice(0, -1)}!`)).status, 401)
    t.equal((await login(password)).status, 200)
    t.equal((await login(`${password}x`)).status, 400)
  })

  await t.test('401: only the gateway speaks for the outside', async (t) => {
    const body = { email: newAddress(), password: newPassword(), name: 'Ada' }
    t.equal((await register(body, 'nobody')).status, 401)
    t.equal((await register(body, 'orgs')).status, 401)
  })
})

t.test('verify-email', async (t) => {
  await t.test('200: the address is verified in a new version of the person', async (t) => {
    const person = await platform.verified(replica)
    const { events } = await replica.deps.spine.changes({ after: 0, limit: 1000 })
    t.match(events.filter(({ subject }) => subject === person.id).at(-1), {
      type: 'gatehouse.identity.user.email_verified.v1',
      version: 2,
    })
  })

  await t.test('400: used, expired, invented and mistyped secrets are all the same', async (t) => {
    const person = await platform.register(replica)
    const token = await platform.mint(replica, person.verification)
    const expired = await platform.mint(replica, person.verification)
    await admin`update email_verification_secrets set expires_at = now() - interval '1 second'
      where secret_hash = sha256(${Buffer.from(expired)})`
    const bodyOf = async (given: string) => {
      const { status, body } = await verify(given)
      t.equal(status, 400)
      const { request_id: _, ...rest } = body
      return rest
    }
    const refusal = await bodyOf(expired)
    t.equal(refusal['code'], 'invalid_token')
    t.equal((await verify(token)).status, 200)
    for (const bad of [token, `gthc_${token.slice(5)}`, `${token.slice(0, -1)}x`, 'x', 'gthv_'])
      t.same(await bodyOf(bad), refusal)
  })

  await t.test(
    '200: a retried mail mints anew and the earlier secret still works, once one of them is used all are over',
    async (t) => {
      const person = await platform.register(replica)
      const [first, second] = [
        await platform.mint(replica, person.verification),
        await platform.mint(replica, person.verification),
      ]
      t.not(first, second)
      t.equal((await verify(first)).status, 200)
      t.equal((await verify(second)).status, 400)
      t.same(
        (
          await platform.ask(replica, {
            url: `/internal/email-verifications/${person.verification}/link`,
            as: 'workers',
          })
        ).body,
        { mail: null },
      )
      t.equal(
        (
          await admin`select 1 from email_verification_secrets where used_at is not null
            and secret_hash = sha256(${Buffer.from(first)})`
        ).length,
        1,
      )
      t.equal(
        (await admin`select 1 from email_verification_secrets where secret_hash = ${Buffer.from(first)}`).length,
        0,
        'the secret itself is nowhere',
      )
    },
  )
})

t.test('resend', async (t) => {
  const resend = (email: string) => platform.ask(replica, { url: '/v1/auth/verify-email/resend', body: { email } })

  await t.test(
    '202: unknown, verified and waiting addresses get the same answer; only the waiting one gets a mail',
    async (t) => {
      const verified = await platform.verified(replica)
      const waiting = await platform.register(replica)
      await admin`update email_verifications set mail_requested_at = now() - interval '2 minutes'`
      const before = await platform.announced(replica)
      const answers = [
        await resend(newAddress()),
        await resend(verified.email),
        await resend(waiting.email),
        await resend(waiting.email),
      ]
      for (const { status, body, headers } of answers)
        t.match(
          { status, body, revision: String(headers['gatehouse-revision']).length },
          { status: 202, body: { status: 'accepted' }, revision: 107 },
        )
      t.same((await platform.announced(replica)).slice(before.length), ['email_verification.requested.v1'])
      t.equal((await platform.announced(replica, waiting.id)).length, 3)
    },
  )
})
