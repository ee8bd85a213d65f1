/**
 * An organization requires a second factor: a sign-in or a step-up for it goes on until there is one, and for no other
 * organization.
 */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { openPlatform } from '../fixtures/platform.ts'
import { answerStep, authenticatorApp, enrolled } from '../fixtures/second-factor.ts'

const platform = await openPlatform(t)
const { tokens } = platform
const replica = await platform.replica()
const demanding = newId('org')
tokens.demanding.add(demanding)

const login = (person: { email: string; password: string }, organizationId: string | null) =>
  platform.ask(replica, {
    url: '/v1/auth/login',
    body: { email: person.email, password: person.password, organization_id: organizationId },
  })

t.test('200: whoever has no second factor enrolls one within the sign-in', async (t) => {
  const person = await platform.verified(replica)
  const { status, body } = await login(person, demanding)
  t.match({ status, body }, { status: 200, body: { status: 'challenge', next: ['enroll_mfa'] } })
  t.notOk('access_token' in body)
  const challenge = String(body['challenge'])
  t.equal((await answerStep(platform, replica, { challenge, step: 'totp', code: '000000' })).status, 409)
  const shown = await answerStep(platform, replica, { challenge, step: 'enroll_mfa' })
  const app = authenticatorApp((shown.body['enrollment'] as { secret: string }).secret)
  const done = await answerStep(platform, replica, { challenge, step: 'enroll_mfa', code: app.code() })
  t.match(done, { status: 200, body: { status: 'authenticated', organization: { id: demanding } } })
  t.same(tokens.asked.at(-1)?.amr, ['pwd', 'otp', 'mfa'])
})

t.test('200: whoever has one is asked for it as ever, and nothing more', async (t) => {
  const person = await enrolled(platform, replica)
  const { body } = await login(person, demanding)
  t.same(body['next'], ['totp'])
  const answer = { challenge: String(body['challenge']), step: 'totp', code: person.app.code() }
  t.match(await answerStep(platform, replica, answer), { status: 200, body: { status: 'authenticated' } })
})

t.test('200: another organization, or none, asks for nothing', async (t) => {
  const person = await platform.verified(replica)
  for (const organization of [newId('org'), null])
    t.match(await login(person, organization), { status: 200, body: { status: 'authenticated' } })
})

t.test('200: a step-up of a token for the organization goes on from the password to the second factor', async (t) => {
  const person = await platform.verified(replica)
  const acting = { org_id: demanding, mid: newId('mem'), ov: 1, mv: 1 }
  const { body } = await platform.ask(replica, {
    url: '/v1/auth/step-up',
    token: tokens.accessTokenFor(person.id, acting),
  })
  const challenge = String(body['challenge'])
  t.same(body['next'], ['password'])
  const answered = await answerStep(platform, replica, { challenge, step: 'password', password: person.password })
  t.match(answered, { status: 200, body: { status: 'challenge', challenge, next: ['enroll_mfa'] } })
  const again = await answerStep(platform, replica, { challenge, step: 'password', password: person.password })
  t.equal(again.status, 409, 'the password was answered')
  const shown = await answerStep(platform, replica, { challenge, step: 'enroll_mfa' })
  const app = authenticatorApp((shown.body['enrollment'] as { secret: string }).secret)
  const done = await answerStep(platform, replica, { challenge, step: 'enroll_mfa', code: app.code() })
  t.match(done, { status: 200, body: { status: 'authenticated', organization: { id: demanding } } })
  t.same(tokens.raised.at(-1)?.amr, ['pwd', 'otp', 'mfa'])
})

t.test('the same code sent at once from many sides opens one session', async (t) => {
  const person = await platform.verified(replica)
  const challenge = String((await login(person, demanding)).body['challenge'])
  const shown = await answerStep(platform, replica, { challenge, step: 'enroll_mfa' })
  const app = authenticatorApp((shown.body['enrollment'] as { secret: string }).secret)
  const other = await platform.replica()
  const before = tokens.asked.length
  const answer = { challenge, step: 'enroll_mfa', code: app.code() }
  const answers = await Promise.all(
    Array.from({ length: 16 }, (_, n) => answerStep(platform, n % 2 === 0 ? replica : other, answer)),
  )
  t.equal(answers.filter(({ body }) => body['status'] === 'authenticated').length, 1)
  t.equal(tokens.asked.length - before, 1)
})
