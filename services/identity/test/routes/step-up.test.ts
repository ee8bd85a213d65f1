/**
 * `POST /v1/auth/step-up` and the steps it asks for, by status code: the session is raised by what the person has, and
 * by nobody else.
 */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { newPassword, openPlatform } from '../fixtures/platform.ts'
import { answerStep, authenticatorApp, challengeOf, enrolled } from '../fixtures/second-factor.ts'

const platform = await openPlatform(t)
const { admin, tokens } = platform
const replica = await platform.replica()
const stepUp = (token: string, body?: object) =>
  platform.ask(replica, { url: '/v1/auth/step-up', token, ...(body && { body }) })

t.afterEach(() => tokens.refuseWith(undefined))

t.test(
  '200: without a second factor the password makes the sign-in recent; the organization of the token stays',
  async (t) => {
    const person = await platform.verified(replica)
    const [sid, organization] = [newId('ses'), newId('org')]
    const token = tokens.accessTokenFor(person.id, { sid, org_id: organization, mid: newId('mem'), ov: 1, mv: 1 })
    const { status, body } = await stepUp(token)
    t.match({ status, body }, { status: 200, body: { status: 'challenge', next: ['password'] } })
    const challenge = String(body['challenge'])
    const answer = (password: string) => answerStep(platform, replica, { challenge, step: 'password', password })
    t.match(await answer(newPassword()), { status: 401, body: { code: 'invalid_code' } })
    const raised = await answer(person.password)
    t.match(raised, {
      status: 200,
      body: { status: 'authenticated', session_id: sid, organization: { id: organization } },
    })
    t.notOk('refresh_token' in raised.body, 'the session keeps the one it has')
    t.same(tokens.raised.at(-1), { session: sid, user_id: person.id, amr: ['pwd'], organization_id: organization })
    t.match(await answer(person.password), { status: 400, body: { code: 'invalid_token' } }, 'and works once')
  },
)

t.test('200: aal2 by the authenticator app', async (t) => {
  const person = await enrolled(platform, replica)
  const { body } = await stepUp(tokens.accessTokenFor(person.id), { acr_values: 'urn:other aal2' })
  t.same(body['next'], ['totp'], 'the password alone would not do')
  const challenge = String(body['challenge'])
  t.equal((await answerStep(platform, replica, { challenge, step: 'password', password: person.password })).status, 409)
  const raised = await answerStep(platform, replica, { challenge, step: 'totp', code: person.app.code() })
  t.match(raised, { status: 200, body: { status: 'authenticated', organization: null } })
  t.match(tokens.raised.at(-1), { user_id: person.id, amr: ['otp', 'mfa'], organization_id: null })
})

t.test('200: aal2 without a factor asks for the password, then enrolls one', async (t) => {
  const person = await platform.verified(replica)
  const { body } = await stepUp(tokens.accessTokenFor(person.id), { acr_values: 'aal2' })
  const challenge = String(body['challenge'])
  t.same(body['next'], ['password'])
  t.equal((await answerStep(platform, replica, { challenge, step: 'enroll_mfa' })).status, 409)
  t.match(await answerStep(platform, replica, { challenge, step: 'password', password: person.password }), {
    body: { status: 'challenge', next: ['enroll_mfa'] },
  })
  const shown = await answerStep(platform, replica, { challenge, step: 'enroll_mfa' })
  const { secret } = shown.body['enrollment'] as { secret: string }
  const app = authenticatorApp(secret)
  t.equal((await answerStep(platform, replica, { challenge, step: 'enroll_mfa', code: '000000' })).status, 401)
  const done = await answerStep(platform, replica, { challenge, step: 'enroll_mfa', code: app.code() })
  t.match(done, { status: 200, body: { status: 'authenticated' } })
  t.same(tokens.raised.at(-1)?.amr, ['pwd', 'otp', 'mfa'])
  const next = await challengeOf(platform, replica, person)
  t.equal(
    (await answerStep(platform, replica, { challenge: next, step: 'totp', code: app.code() })).status,
    401,
    'spent',
  )
  t.equal((await answerStep(platform, replica, { challenge: next, step: 'totp', code: app.code(1) })).status, 200)
})

t.test('200: any one factor is enough where no class is asked for', async (t) => {
  const person = await enrolled(platform, replica)
  const { body } = await stepUp(tokens.accessTokenFor(person.id), {})
  t.same(body['next'], ['password', 'totp'])
})

t.test('401: no token, a person who may not sign in any more', async (t) => {
  const person = await platform.verified(replica)
  t.equal((await platform.ask(replica, { url: '/v1/auth/step-up' })).status, 401)
  await admin`update users set status = 'disabled' where id = (select user_id from emails
    where address = ${person.email})`
  t.equal((await stepUp(tokens.accessTokenFor(person.id))).status, 401)
})

t.test('400: a malformed wish', async (t) => {
  const person = await platform.verified(replica)
  for (const body of [{ acr_values: '' }, { acr_values: 7 }, { max_age: 1 }])
    t.equal((await stepUp(tokens.accessTokenFor(person.id), body)).status, 400)
})

t.test('404, then 200: what tokens refuses is what the caller hears, and the step-up is given back', async (t) => {
  const person = await platform.verified(replica)
  const { body } = await stepUp(tokens.accessTokenFor(person.id))
  const challenge = String(body['challenge'])
  tokens.refuseWith('not_found')
  t.equal((await answerStep(platform, replica, { challenge, step: 'password', password: person.password })).status, 404)
  tokens.refuseWith(undefined)
  t.equal((await answerStep(platform, replica, { challenge, step: 'verify_email' })).status, 200)
})
