/**
 * Devices that are spared the second factor: offered and asked for, for a bounded time, one secret per browser, never
 * for a step-up or where a second factor is demanded, and gone with whatever changes the way in.
 */
import { rememberedDeviceHeader } from '@gatehouse/contracts/common/services'
import { newId, typeIdOf } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { newPassword, openPlatform, type Answer, type Person } from '../fixtures/platform.ts'
import { addPasskey, newAuthenticator } from '../fixtures/passkeys.ts'
import { answerStep, enrolled, recoveryCodesOf, type Enrolled } from '../fixtures/second-factor.ts'

const platform = await openPlatform(t)
const { admin, tokens, operators } = platform
const replica = await platform.replica()
const strong = (userId: string) => tokens.accessTokenFor(userId, { acr: 'aal2' })

const login = (person: Person, remembered?: string, organizationId?: string): Promise<Answer> =>
  platform.ask(replica, {
    url: '/v1/auth/login',
    body: { email: person.email, password: person.password, organization_id: organizationId },
    ...(remembered !== undefined && { remembered }),
  })

/** Signs in with both factors and has the device remembered; the secret. */
async function remembered(person: Enrolled, o: { offset?: number; earlier?: string } = {}): Promise<string> {
  const { body } = await login(person)
  const answer = await answerStep(
    platform,
    replica,
    { challenge: String(body['challenge']), step: 'totp', code: person.app.code(o.offset), remember_device: true },
    o.earlier === undefined ? {} : { remembered: o.earlier },
  )
  const secret = answer.headers[rememberedDeviceHeader]
  if (typeof secret !== 'string') throw new Error(`the device was not remembered: ${JSON.stringify(answer.body)}`)
  return secret
}
const list = async (person: Person, secret?: string) =>
  (
    await platform.ask(replica, {
      method: 'GET',
      url: '/v1/me/remembered-devices',
      token: tokens.accessTokenFor(person.id),
      ...(secret !== undefined && { remembered: secret }),
    })
  ).body['data'] as { id: string; current: boolean; name: string }[]
const isSpared = async (person: Person, secret: string): Promise<boolean> =>
  (await login(person, secret)).body['status'] === 'authenticated'

t.test('200: offered with the factor, given once, and the next sign-in has one factor and says so', async (t) => {
  const person = await enrolled(platform, replica)
  const first = await login(person)
  t.match(first.body, { next: ['totp'], remember_device_days: 30 })
  const challenge = String(first.body['challenge'])
  const answer = { challenge, step: 'totp', code: person.app.code(), remember_device: true }
  const done = await answerStep(platform, replica, answer)
  const secret = String(done.headers[rememberedDeviceHeader])
  t.match(secret, /^gthm_/)
  t.notMatch(JSON.stringify(await admin`select * from remembered_devices`), secret.slice(5, 48), 'kept as its hash')
  const again = await login(person, secret)
  t.match(again, { status: 200, body: { status: 'authenticated' } })
  t.notOk(again.headers[rememberedDeviceHeader], 'no new secret')
  t.same(tokens.asked.at(-1)?.amr, ['pwd'], 'the session is not one of two factors')
  t.match(await list(person, secret), [{ id: /^rmd_/, current: true, name: 'Unknown device' }])
  const announced = await platform.announced(replica, person.id)
  t.equal(announced.filter((type) => type === 'remembered_device.added.v1').length, 1)
})

t.test('200: it is not remembered unasked, nor by a recovery code or a step-up', async (t) => {
  const person = await enrolled(platform, replica)
  const [code = ''] = await recoveryCodesOf(platform, replica, person)
  const challenge = String((await login(person)).body['challenge'])
  const byCode = { challenge, step: 'recovery_code', code, remember_device: true }
  const answers = [await answerStep(platform, replica, byCode)]
  const next = String((await login(person)).body['challenge'])
  answers.push(await answerStep(platform, replica, { challenge: next, step: 'totp', code: person.app.code() }))
  const up = await platform.ask(replica, { url: '/v1/auth/step-up', token: tokens.accessTokenFor(person.id) })
  t.notOk('remember_device_days' in up.body)
  const raise = { challenge: String(up.body['challenge']), step: 'totp', code: person.app.code(1) }
  answers.push(await answerStep(platform, replica, { ...raise, remember_device: true }))
  for (const { status, headers } of answers) {
    t.equal(status, 200)
    t.notOk(headers[rememberedDeviceHeader])
  }
  t.same(await list(person), [])
})

t.test('200: a step-up and an organization that demands a second factor ask for it all the same', async (t) => {
  const person = await enrolled(platform, replica)
  const secret = await remembered(person)
  const up = await platform.ask(replica, {
    url: '/v1/auth/step-up',
    body: { acr_values: 'aal2' },
    token: tokens.accessTokenFor(person.id),
    remembered: secret,
  })
  t.match(up.body, { status: 'challenge', next: ['totp'] })
  const demanding = newId('org')
  tokens.demanding.add(demanding)
  const { body } = await login(person, secret, demanding)
  t.match(body, { status: 'challenge', next: ['totp'] })
  t.notOk('remember_device_days' in body, 'nothing is offered that would not hold there')
  const answer = { challenge: String(body['challenge']), step: 'totp', code: person.app.code(1) }
  t.match((await answerStep(platform, replica, answer, { remembered: secret })).body, { status: 'authenticated' })
  t.same(tokens.asked.at(-1)?.amr, ['pwd', 'otp', 'mfa'])
})

t.test('200: spared after the code of a mail as well; a foreign or made-up secret spares nobody', async (t) => {
  const [person, other] = [await enrolled(platform, replica), await enrolled(platform, replica)]
  const secret = await remembered(person)
  t.notOk(await isSpared(other, secret), 'of somebody else')
  for (const bad of ['', 'gthm_', secret.slice(0, -1), `${secret}x`, secret.replace('gthm_', 'gthd_')])
    t.notOk(await isSpared(person, bad), bad)
  const begun = await platform.ask(replica, { url: '/v1/auth/email-code', body: { email: person.email } })
  const [row] = await admin<{ id: string }[]>`
    select id from sign_in_transactions where by_email_code order by created_at desc limit 1`
  const url = `/internal/sign-ins/${typeIdOf('sin', row?.id ?? '')}/code`
  const { body } = await platform.ask(replica, { url, as: 'workers' })
  const code = (body['mail'] as { code: string }).code
  const answer = { challenge: String(begun.body['challenge']), step: 'email_code', code }
  const done = await answerStep(platform, replica, answer, { remembered: secret })
  t.match(done.body, { status: 'authenticated' })
  t.same(tokens.asked.at(-1)?.amr, ['otp'])
})

t.test('204, 404: its person takes it back; the time is bounded, and 0 days are never', async (t) => {
  const person = await enrolled(platform, replica)
  const secret = await remembered(person)
  const [device] = await list(person)
  const forget = (as: string) =>
    platform.ask(replica, {
      method: 'DELETE',
      url: `/v1/me/remembered-devices/${device?.id}`,
      token: tokens.accessTokenFor(as),
    })
  const other = await platform.verified(replica)
  t.equal((await forget(other.id)).status, 404, 'of somebody else')
  t.ok(await isSpared(person, secret))
  t.same([(await forget(person.id)).status, (await forget(person.id)).status], [204, 404])
  t.notOk(await isSpared(person, secret))
  const later = await remembered(person, { offset: 1 })
  await admin`update remembered_devices set created_at = now() - interval '31 days', expires_at = now()`
  t.notOk(await isSpared(person, later), 'its time is over')
  t.same(await list(person), [])
  const never = await platform.replica({ IDENTITY_REMEMBERED_DEVICE_DAYS: 0 })
  const asked = await platform.ask(never, {
    url: '/v1/auth/login',
    body: { email: person.email, password: person.password },
  })
  t.notOk('remember_device_days' in asked.body)
})

t.test('a browser has one secret, and a person a bounded number of devices', async (t) => {
  const person = await enrolled(platform, replica)
  const first = await remembered(person)
  const second = await remembered(person, { offset: 1, earlier: first })
  t.same([await isSpared(person, first), await isSpared(person, second)], [false, true])
  t.equal((await list(person)).length, 1)
  await admin`
    insert into remembered_devices (id, user_id, secret_hash, name, last_used_at, expires_at)
    select gen_random_uuid(), user_id, sha256(n::text::bytea), 'One of many', now() - interval '1 hour' * n, expires_at
    from remembered_devices d, generate_series(1, 30) n where d.secret_hash = sha256(${second}::bytea)`
  const answer = { challenge: String((await login(person)).body['challenge']), step: 'totp', remember_device: true }
  await admin`update totp_factors set last_step = last_step - 10`
  const done = await answerStep(platform, replica, { ...answer, code: person.app.code() })
  t.ok(done.headers[rememberedDeviceHeader])
  t.equal((await list(person)).length, 20, 'those used longest ago made room')
  t.ok(await isSpared(person, second))
})

t.test('every change of the way in ends them: password, factors, recovery codes, a reset by an operator', async (t) => {
  const operator = await platform.verified(replica)
  operators.ids.add(operator.id)
  const changed = newPassword()
  const changes: [string, (person: Enrolled) => Promise<unknown>][] = [
    [
      'password changed',
      (person) =>
        platform.ask(replica, {
          url: '/v1/auth/password/change',
          body: { current_password: person.password, new_password: changed },
          token: strong(person.id),
        }),
    ],
    [
      'password reset',
      async (person) =>
        platform.ask(replica, {
          url: '/v1/auth/password/reset',
          body: { token: await platform.resetToken(replica, person.email), password: changed },
        }),
    ],
    ['app removed', ({ id }) => platform.ask(replica, { method: 'DELETE', url: '/v1/me/mfa/totp', token: strong(id) })],
    ['recovery codes replaced', (person) => recoveryCodesOf(platform, replica, person)],
    ['passkey added', (person) => addPasskey(platform, replica, { person, authenticator: newAuthenticator() })],
    [
      'reset by an operator',
      ({ id }) =>
        platform.ask(replica, {
          url: `/v1/platform/users/${id}/factors/reset`,
          body: { reason: 'lost phone' },
          token: tokens.accessTokenFor(operator.id, { acr: 'aal2' }),
        }),
    ],
  ]
  for (const [name, change] of changes) {
    const person = await enrolled(platform, replica)
    await remembered(person)
    t.equal((await list(person)).length, 1)
    await change(person)
    t.same(await list(person), [], name)
  }
})
