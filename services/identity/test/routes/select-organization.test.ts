/**
 * Step `select_organization`: the last one, for whoever belongs to several organizations and wanted to choose. Tokens
 * judges the chosen one as it judges one that was named.
 */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { belongTo } from '../fixtures/organizations.ts'
import { addPasskey, newAuthenticator, signInWith } from '../fixtures/passkeys.ts'
import { openPlatform, type Answer } from '../fixtures/platform.ts'
import { answerStep, authenticatorApp, enrolled } from '../fixtures/second-factor.ts'

const platform = await openPlatform(t)
const { orgs, tokens } = platform
const replica = await platform.replica()
const step = 'select_organization'

t.afterEach(() => {
  tokens.refuseWith(undefined)
  orgs.isAway = false
})

const login = ({ email, password }: { email: string; password: string }, organization = 'choose') =>
  platform.ask(replica, { url: '/v1/auth/login', body: { email, password, organization_id: organization } })
const challengeIn = ({ body }: Answer): string => String(body['challenge'])
const choose = (challenge: string, organization?: string) =>
  answerStep(platform, replica, {
    challenge,
    step,
    ...(organization !== undefined && { organization_id: organization }),
  })
async function choosing(count = 2) {
  const person = await platform.verified(replica)
  const organizations = belongTo(platform, person, count)
  return { person, organizations, first: organizations[0]?.id ?? '', second: organizations[1]?.id ?? '' }
}

t.test(
  '200: whoever belongs to several is asked after the password, and gets a session for the chosen one',
  async (t) => {
    const { person, organizations, second } = await choosing()
    const before = tokens.asked.length
    const asked = await login(person)
    t.match(asked, { status: 200, body: { status: 'challenge', next: [step], organizations } })
    t.notOk('access_token' in asked.body)
    t.equal(tokens.asked.length, before, 'no session was opened')
    const done = await choose(challengeIn(asked), second)
    t.match(done, { status: 200, body: { status: 'authenticated', organization: { id: second } } })
    t.match(tokens.asked.at(-1), { user_id: person.id, amr: ['pwd'], organization_id: second })
    t.match(await choose(challengeIn(asked), second), { status: 400, body: { code: 'invalid_token' } }, 'single use')
  },
)

t.test('200: with one organization or none nobody is asked, and tokens finds the only one', async (t) => {
  for (const count of [0, 1]) {
    const { person } = await choosing(count)
    t.match(await login(person), { status: 200, body: { status: 'authenticated' } })
    t.notOk('organization_id' in (tokens.asked.at(-1) ?? {}))
  }
})

t.test('200: after the second factor, whose device stays remembered; before it nothing is told', async (t) => {
  const person = await enrolled(platform, replica)
  const [organization] = belongTo(platform, person, 2)
  const begun = await login(person)
  t.same(begun.body['next'], ['totp'])
  t.notOk('organizations' in begun.body)
  t.notOk(orgs.asked.includes(person.id))
  t.equal((await choose(challengeIn(begun), organization?.id)).status, 409)
  const answer = { challenge: challengeIn(begun), step: 'totp', code: person.app.code(), remember_device: true }
  const proven = await answerStep(platform, replica, answer)
  t.match(proven, { status: 200, body: { status: 'challenge', next: [step] } })
  t.match(proven.headers['gatehouse-remembered-device'], /./)
  t.match(await choose(challengeIn(begun), organization?.id), { body: { organization: { id: organization?.id } } })
  t.match(tokens.asked.at(-1), { amr: ['pwd', 'otp', 'mfa'] })
})

t.test('200: after a passkey alone', async (t) => {
  const { person, first } = await choosing()
  const authenticator = newAuthenticator(7)
  await addPasskey(platform, replica, { person, authenticator })
  const asked = await signInWith(platform, replica, { authenticator, more: { organization_id: 'choose' } })
  t.match(asked, { status: 200, body: { status: 'challenge', next: [step] } })
  t.match(await choose(challengeIn(asked), first), { status: 200, body: { organization: { id: first } } })
  t.match(tokens.asked.at(-1), { amr: ['pop', 'user', 'mfa'] })
})

t.test('200: after the code of a mail, also where there is nothing to choose', async (t) => {
  for (const count of [2, 1]) {
    const { person, first } = await choosing(count)
    const begun = await platform.ask(replica, {
      url: '/v1/auth/email-code',
      body: { email: person.email, organization_id: 'choose' },
    })
    t.same(begun.body['next'], ['email_code'])
    t.equal((await choose(challengeIn(begun), first)).status, 400, 'nobody learns whether somebody is behind it')
    const { events } = await replica.deps.spine.changes({ after: 0, limit: 1000 })
    const signIn = events.findLast(({ type, userid }) => type.includes('email_code') && userid === person.id)?.subject
    const mail = await platform.ask(replica, { url: `/internal/sign-ins/${signIn}/code`, as: 'workers' })
    const { code } = mail.body['mail'] as { code: string }
    const answered = await answerStep(platform, replica, { challenge: challengeIn(begun), step: 'email_code', code })
    t.same(answered.body['next'], count === 2 ? [step] : undefined)
    const done = count === 2 ? await choose(challengeIn(begun), first) : answered
    t.match(done, { status: 200, body: { status: 'authenticated' } })
  }
})

t.test('200: the chosen organization demands a second factor, and the sign-in goes on to it', async (t) => {
  const { person, first } = await choosing()
  tokens.demanding.add(first)
  const challenge = challengeIn(await login(person))
  t.match(await choose(challenge, first), { status: 200, body: { status: 'challenge', next: ['enroll_mfa'] } })
  const shown = await answerStep(platform, replica, { challenge, step: 'enroll_mfa' })
  const app = authenticatorApp((shown.body['enrollment'] as { secret: string }).secret)
  const done = await answerStep(platform, replica, { challenge, step: 'enroll_mfa', code: app.code() })
  t.match(done, { status: 200, body: { status: 'authenticated', organization: { id: first } } })
})

t.test('200: without an organization the step answers the list once more, as it is then', async (t) => {
  const { person, organizations } = await choosing(3)
  const challenge = challengeIn(await login(person))
  t.match(await choose(challenge), { status: 200, body: { status: 'challenge', next: [step], organizations } })
  orgs.of.set(person.id, organizations.slice(0, 1))
  t.match(await choose(challenge), { status: 200, body: { status: 'authenticated' } })
  t.equal((await choose(challenge)).status, 400)
})

t.test('403, 404: a refused organization leaves the choice open, and five of them end the sign-in', async (t) => {
  const { person, first, second } = await choosing()
  const foreign = newId('org')
  tokens.refused.set(first, 'forbidden')
  tokens.refused.set(foreign, 'not_found')
  const challenge = challengeIn(await login(person))
  t.match(await choose(challenge, first), { status: 403, body: { code: 'forbidden' } })
  t.match(await choose(challenge, foreign), { status: 404, body: { code: 'not_found' } })
  t.match(await choose(challenge, second), { status: 200, body: { organization: { id: second } } })
  const again = challengeIn(await login(person))
  for (let wrong = 0; wrong < 5; wrong += 1) t.equal((await choose(again, foreign)).status, 404)
  t.equal((await choose(again, second)).status, 400, 'over')
})

t.test('409: nobody chooses who named one, or none, or has left it open', async (t) => {
  const person = await enrolled(platform, replica)
  belongTo(platform, person, 2)
  const begun = await login(person, newId('org'))
  t.match(await choose(challengeIn(begun), newId('org')), { status: 409, body: { code: 'step_unavailable' } })
})

t.test('503: while orgs or tokens is away nothing is lost', async (t) => {
  const person = await enrolled(platform, replica)
  const [organization] = belongTo(platform, person, 2)
  const challenge = challengeIn(await login(person))
  orgs.isAway = true
  const answer = { challenge, step: 'totp', code: person.app.code() }
  t.equal((await answerStep(platform, replica, answer)).status, 503)
  orgs.isAway = false
  t.match(await choose(challenge), { status: 200, body: { next: [step] } }, 'the factor was proven')
  tokens.refuseWith('not_current')
  for (let turn = 0; turn < 6; turn += 1) t.equal((await choose(challenge, organization?.id)).status, 503)
  tokens.refuseWith(undefined)
  t.match(await choose(challenge, organization?.id), { status: 200, body: { status: 'authenticated' } })
})

t.test('400: what is no organization', async (t) => {
  const { person } = await choosing()
  const challenge = challengeIn(await login(person))
  for (const bad of ['acme', 'choose', newId('user')]) t.equal((await choose(challenge, bad)).status, 400)
  t.equal((await login(person, 'chosen')).status, 400)
})
