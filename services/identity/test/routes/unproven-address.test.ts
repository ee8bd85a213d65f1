/**
 * An unproven account holds no claim to an address: who registers first gains nothing over who proves it, or is invited
 * to it.
 */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { newAddress, newPassword, openPlatform, type Person } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const { admin, tokens } = platform
const replica = await platform.replica({ IDENTITY_THROTTLE_LIMIT: 5 })
type Known = { email: string; password: string; registration?: string }
const login = ({ email, password, registration }: Known, from = '203.0.113.7') =>
  platform.ask(replica, { url: '/v1/auth/login', body: { email, password }, registration, from })
const answer = (challenge: unknown) =>
  platform.ask(replica, { url: '/v1/auth/challenge', body: { challenge, step: 'verify_email' } })
const verify = (
  token: string,
  more: { registration?: string; password?: string; name?: string; from?: string } = {},
) => {
  const { registration, from = '203.0.113.7', ...chosen } = more
  return platform.ask(replica, { url: '/v1/auth/verify-email', body: { token, ...chosen }, registration, from })
}
const invite = (email: string, more: object = {}) =>
  platform.ask(replica, {
    url: '/internal/users',
    as: 'orgs',
    body: { invitation_id: newId('inv'), email, name: 'Eve', password: newPassword(), ...more },
  })
const registerAs = async (name: string, email: string): Promise<Person> => {
  const person = await platform.register(replica, { email })
  await admin`update email_verifications set name = ${name} where id = (select id from email_verifications
    order by registered_at desc limit 1)`
  return person
}
const nameOf = async (email: string) =>
  (await admin`select u.name from users u join emails e on e.user_id = u.id where e.address = ${email}`)[0]?.[
    'name'
  ] as unknown

for (const order of ['first', 'second'] as const) {
  t.test(`a squatter who registers ${order} has nothing once the owner clicks the owner’s mail`, async (t) => {
    const email = newAddress()
    const [one, two] = [
      await registerAs(order === 'first' ? 'Mallory' : 'Ada', email),
      await registerAs(order === 'first' ? 'Ada' : 'Mallory', email),
    ]
    const [squatter, owner] = order === 'first' ? [one, two] : [two, one]
    t.not(squatter.verification, owner.verification)
    const [squatted, owned] = [await login(squatter), await login(owner)]
    for (const { body } of [squatted, owned]) t.match(body, { status: 'challenge', next: ['verify_email'] })
    const [squattersMail, ownersMail] = [
      await platform.mint(replica, squatter.verification),
      await platform.mint(replica, owner.verification),
    ]

    t.match(await verify(ownersMail), { status: 409, body: { code: 'password_required' } }, 'the link alone')
    t.match(
      await verify(squattersMail, { registration: owner.registration }),
      { status: 409 },
      'the link of another registration',
    )
    t.equal((await verify(ownersMail, { registration: owner.registration })).status, 200)
    t.equal(await nameOf(email), 'Ada')
    const asked = tokens.asked.length
    for (const { body } of [await login(squatter), await answer(squatted.body['challenge'])])
      t.match(body, { status: 'challenge', next: ['verify_email'] }, 'the squatter waits and learns nothing')
    t.equal(tokens.asked.length, asked)
    t.equal((await verify(squattersMail, { registration: squatter.registration })).status, 400)
    t.same(
      (
        await platform.ask(replica, {
          url: `/internal/email-verifications/${squatter.verification}/link`,
          as: 'workers',
        })
      ).body,
      { mail: null },
    )
    t.match(await answer(owned.body['challenge']), {
      status: 200,
      body: { status: 'authenticated', user: { id: owner.id } },
    })
    t.match(await login(owner), { status: 200, body: { status: 'authenticated' } })
  })
}

t.test('the mail greets by the name of its own registration', async (t) => {
  const email = newAddress()
  const [mallory, ada] = [await registerAs('Mallory', email), await registerAs('Ada', email)]
  for (const [{ verification }, name] of [
    [mallory, 'Mallory'],
    [ada, 'Ada'],
  ] as const)
    t.match(
      (await platform.ask(replica, { url: `/internal/email-verifications/${verification}/link`, as: 'workers' })).body,
      { mail: { to: email, name } },
    )
})

t.test(
  'a resend without a handle sends the mail of the newest registration, in a new version of the same verification',
  async (t) => {
    const email = newAddress()
    const [squatter, owner] = [await platform.register(replica, { email }), await platform.register(replica, { email })]
    await admin`update email_verifications set mail_requested_at = now() - interval '2 minutes'`
    t.equal((await platform.ask(replica, { url: '/v1/auth/verify-email/resend', body: { email } })).status, 202)
    const { events } = await replica.deps.spine.changes({ after: 0, limit: 1000 })
    t.match(events.at(-1), {
      type: 'gatehouse.identity.email_verification.requested.v1',
      subject: owner.verification,
      version: 2,
      actor: 'system',
    })
    await verify(await platform.mint(replica, owner.verification), { registration: owner.registration })
    t.match((await login(owner)).body, { status: 'authenticated' })
    t.match((await login(squatter)).body, { status: 'challenge' })
  },
)

t.test(
  'a stranger to every registration gets no challenge, and one’s own registration forgives no guesses at another',
  async (t) => {
    const email = newAddress()
    const [squatter] = [await platform.register(replica, { email }), await platform.register(replica, { email })]
    const from = '198.51.100.77'
    for (let tried = 0; tried < 5; tried += 1) {
      t.match(await login({ email, password: newPassword() }, from), {
        status: 401,
        body: { code: 'invalid_credentials' },
      })
      if (tried < 4) t.equal((await login(squatter, from)).body['status'], 'challenge')
    }
    t.equal((await login(squatter, from)).status, 401)
  },
)

t.test(
  'sign-in tries the registration of its handle, else the newest; an older one is still completed by its mail',
  async (t) => {
    const email = newAddress()
    const oldest = await platform.register(replica, { email })
    const newest = await platform.register(replica, { email })
    t.match((await login(oldest)).body, { status: 'challenge' })
    t.equal((await login({ email, password: oldest.password })).status, 401)
    t.match((await login({ email, password: newest.password })).body, { status: 'challenge' })
    const mail = await platform.mint(replica, oldest.verification)
    t.equal((await verify(mail, { registration: oldest.registration })).status, 200)
    t.match(await login(oldest), { status: 200, body: { status: 'authenticated' } })
  },
)

t.test('an accepted invitation takes a squatted address over, and again gives the same person', async (t) => {
  const squatter = await platform.register(replica)
  const { email } = squatter
  const { body: waiting } = await login(squatter)
  const mail = await platform.mint(replica, squatter.verification)
  const accepted = { invitation_id: newId('inv'), password: newPassword() }

  const first = await invite(email.toUpperCase(), accepted)
  t.match(first, { status: 201, body: { user_id: squatter.id } })
  t.same((await invite(email, { ...accepted, password: newPassword() })).body, first.body)
  t.match(await login({ email, password: accepted.password }), { status: 200, body: { status: 'authenticated' } })
  t.equal(tokens.asked.at(-1)?.user_version, 2)
  t.equal(await nameOf(email), 'Eve')

  t.match((await login(squatter)).body, { status: 'challenge' })
  t.equal((await verify(mail, { registration: squatter.registration })).status, 400)
  t.match((await answer(waiting['challenge'])).body, { status: 'challenge' }, 'which never ends in a session')
  t.equal((await invite(email)).status, 409, 'another invitation finds a proven address')
  const { events } = await replica.deps.spine.changes({ after: 0, limit: 1000 })
  const verified = events.filter(({ subject, type }) => subject === squatter.id && type.endsWith('email_verified.v1'))
  t.equal(verified.length, 1)
  t.match(verified[0], { version: 2, actor: 'service:orgs' })
})

t.test('registering a proven address changes nothing: its registration waits and no mail completes it', async (t) => {
  const email = newAddress()
  const password = newPassword()
  await invite(email, { password })
  const mallory = await platform.register(replica, { email })
  t.match((await login(mallory)).body, { status: 'challenge', next: ['verify_email'] })
  const link = await platform.ask(replica, {
    url: `/internal/email-verifications/${mallory.verification}/link`,
    as: 'workers',
  })
  t.same(link.body, { mail: null })
  t.match((await login({ email, password })).body, { status: 'authenticated' })
})

t.test('the link alone completes a registration that nobody disputes, from the network that registered', async (t) => {
  const person = await platform.register(replica)
  const mail = await platform.mint(replica, person.verification)
  t.match(await verify(mail, { from: '198.51.100.4' }), { status: 409, body: { code: 'password_required' } })
  t.equal((await verify(mail)).status, 200)
  t.match((await login(person)).body, { status: 'authenticated' })
})

t.test('who follows a link may choose the password, and then no other works', async (t) => {
  const email = newAddress()
  const mallory = await platform.register(replica, { email })
  const mail = await platform.mint(replica, mallory.verification)
  const password = newPassword()
  t.match(await verify(mail, { password: 'passwordpassword' }), { status: 400, body: { code: 'weak_password' } })
  t.equal((await verify(mail, { password, name: 'Ada' })).status, 200)
  t.match((await login({ email, password })).body, { status: 'authenticated' })
  t.equal(await nameOf(email), 'Ada')
  t.match((await login(mallory)).body, { status: 'challenge' }, 'the registered password opens nothing')
  t.match(await verify(mail, { password: newPassword() }), { status: 400, body: { code: 'invalid_token' } })
})

t.test('the same registration sent twice is one registration, and its link stays undisputed', async (t) => {
  const { email, password, verification } = await platform.register(replica)
  await platform.register(replica, { email, password })
  t.equal(
    (await admin`select 1 from email_verifications where email_id = (select id from emails where address = ${email})`)
      .length,
    1,
  )
  t.equal((await verify(await platform.mint(replica, verification))).status, 200)
  t.match((await login({ email, password })).body, { status: 'authenticated' })
})
