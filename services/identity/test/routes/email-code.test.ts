/**
 * `POST /v1/auth/email-code` and step `email_code`: one answer for every address, one use, few tries, and no way around
 * a second factor.
 */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { newAddress, openPlatform, type Answer, type Replica } from '../fixtures/platform.ts'
import { answerStep, authenticatorApp, enrolled } from '../fixtures/second-factor.ts'

const platform = await openPlatform(t)
const { admin, tokens } = platform
const [replica, other] = [await platform.replica(), await platform.replica()]
const many = process.env['GATEHOUSE_FULL'] === '1' ? 1000 : 16

const begin = (email: string, more: { body?: object; browser?: string; by?: Replica; from?: string } = {}) =>
  platform.ask(more.by ?? replica, {
    url: '/v1/auth/email-code',
    body: { email, ...more.body },
    ...(more.browser !== undefined && { browser: more.browser }),
    ...(more.from !== undefined && { from: more.from }),
  })
const challengeIn = ({ body }: Answer): string => String(body['challenge'])
/** The sign-in of the newest mail to the person, as workers would hear of it. */
async function requested(userId: string): Promise<string> {
  const { events } = await replica.deps.spine.changes({ after: 0, limit: 1000 })
  const event = events.findLast(({ type, userid }) => type.includes('email_code.requested') && userid === userId)
  return event?.subject ?? newId('sin')
}
async function mint(signInId: string): Promise<string> {
  const { body } = await platform.ask(replica, { url: `/internal/sign-ins/${signInId}/code`, as: 'workers' })
  return (body['mail'] as { code: string } | null)?.code ?? ''
}
const answer = (challenge: string, code: string, by = replica, more: { browser?: string } = {}) =>
  answerStep(platform, by, { challenge, step: 'email_code', code }, more)
const wrongOf = (code: string): string => (code.startsWith('0') ? '1' : '0') + code.slice(1)
const visible = ({ status, body, headers }: Answer) => {
  const names = Object.keys(headers).toSorted()
  return { status, body: { ...body, challenge: '', request_id: '', instance: '' }, names }
}

t.test('200: the code of the mail signs in, once; the code is in no table', async (t) => {
  const person = await platform.verified(replica)
  const organization = newId('org')
  const begun = await begin(person.email.toUpperCase(), { body: { organization_id: organization } })
  t.match(begun, { status: 200, body: { status: 'challenge', next: ['email_code'] } })
  const signInId = await requested(person.id)
  const code = await mint(signInId)
  t.match(code, /^\d{4} \d{4}$/)
  t.same(await admin`select 1 from email_codes c where strpos(c::text, ${code.replace(' ', '')}) > 0`, [])
  const done = await answer(challengeIn(begun), code)
  t.match(done, { status: 200, body: { status: 'authenticated', organization: { id: organization } } })
  t.match(tokens.asked.at(-1), { user_id: person.id, amr: ['otp'] })
  t.equal((await answer(challengeIn(begun), code)).status, 401)
  t.equal(await mint(signInId), '', 'nothing to send any more')
})

t.test('the same answer for every address, to the request and to a code', async (t) => {
  const [proven, waiting, disabled] = [
    await platform.verified(replica),
    await platform.register(replica),
    await platform.verified(replica),
  ]
  await admin`update users set status = 'disabled' where id = (select user_id from emails
    where address = ${disabled.email})`
  const seen: { begun: object; wrong: object; others: object[] }[] = []
  for (const email of [proven.email, waiting.email, disabled.email, newAddress()]) {
    const begun = await begin(email)
    const challenge = challengeIn(begun)
    const options = await platform.ask(replica, { url: '/v1/auth/passkey/options', body: { challenge } })
    const others = [options]
    for (const step of ['totp', 'verify_email', 'enroll_mfa'])
      others.push(await answerStep(platform, replica, { challenge, step, ...(step === 'totp' && { code: '000000' }) }))
    const wrong = await answer(challenge, '0000 0000')
    seen.push({ begun: visible(begun), wrong: visible(wrong), others: others.map(visible) })
  }
  for (const one of seen) t.same(one, seen[0])
  t.match(seen[0], { begun: { status: 200 }, wrong: { status: 401, body: { code: 'invalid_code' } } })
  t.match(await requested(disabled.id), /^sin_/)
  const { events } = await replica.deps.spine.changes({ after: 0, limit: 1000 })
  const told = events.filter(({ type }) => type.includes('email_code')).map(({ userid }) => userid)
  for (const { id } of [waiting, disabled]) t.notOk(told.includes(id), 'nobody is sent a code who could not use it')
})

t.test('one code used at once from many sides over two replicas gives one session', async (t) => {
  const person = await platform.verified(replica)
  const challenge = challengeIn(await begin(person.email))
  const code = await mint(await requested(person.id))
  const before = tokens.asked.length
  const answers = await Promise.all(
    Array.from({ length: many }, (_, n) => answer(challenge, code, n % 2 === 0 ? replica : other)),
  )
  t.equal(answers.filter(({ body }) => body['status'] === 'authenticated').length, 1)
  t.equal(tokens.asked.length - before, 1)
})

t.test('five wrong codes end the sign-in; an old code and one of another sign-in are wrong', async (t) => {
  const person = await platform.verified(replica)
  const [first, second] = [challengeIn(await begin(person.email)), challengeIn(await begin(person.email))]
  const code = await mint(await requested(person.id))
  t.equal((await answer(first, code)).status, 401, 'a code belongs to its own sign-in')
  for (let tried = 0; tried < 5; tried += 1) t.equal((await answer(second, wrongOf(code))).status, 401)
  t.equal((await answer(second, code)).status, 401, 'the right one comes too late')
  const third = challengeIn(await begin(person.email))
  const late = await mint(await requested(person.id))
  await admin`update email_codes set expires_at = now() - interval '1 second'`
  t.equal((await answer(third, late)).status, 401)
  const failed = (await platform.announced(replica, person.id)).filter((type) => type === 'sign_in.failed.v1')
  t.equal(failed.length, 7)
})

t.test('guessing over many sign-ins is limited as guessing at factors is', async (t) => {
  const person = await platform.verified(replica)
  for (let round = 0; round < 3; round += 1) {
    const challenge = challengeIn(await begin(person.email))
    await admin`update sign_in_transactions set created_at = created_at - interval '1 hour'`
    for (let tried = 0; tried < 4; tried += 1) await answer(challenge, '0000 0000')
  }
  const challenge = challengeIn(await begin(person.email))
  const code = await mint(await requested(person.id))
  t.equal((await answer(challenge, code)).status, 401, 'a right code is refused like a wrong one')
})

t.test('mails: at most three a cooldown, and no more than a network may ask for', async (t) => {
  const person = await platform.verified(replica)
  for (let asked = 0; asked < 5; asked += 1) t.equal((await begin(person.email)).status, 200)
  const sent = (await platform.announced(replica, person.id)).filter((type) => type === 'email_code.requested.v1')
  t.equal(sent.length, 3)
  const from = '198.51.100.99'
  for (let asked = 0; asked < 62; asked += 1) await begin(newAddress(), { from })
  const another = await platform.verified(replica)
  t.equal((await begin(another.email, { from })).status, 200)
  t.notOk((await platform.announced(replica, another.id)).includes('email_code.requested.v1'))
})

t.test('a second factor is asked for after it, and an organization may demand one', async (t) => {
  const person = await enrolled(platform, replica)
  const challenge = challengeIn(await begin(person.email))
  const code = await mint(await requested(person.id))
  t.match(await answer(challenge, code), { status: 200, body: { status: 'challenge', challenge, next: ['totp'] } })
  const totp = await answerStep(platform, replica, { challenge, step: 'totp', code: person.app.code() })
  t.match(totp, { status: 200, body: { status: 'authenticated' } })
  t.same(tokens.asked.at(-1)?.amr, ['otp', 'mfa'])
  const plain = await platform.verified(replica)
  const organization = newId('org')
  tokens.demanding.add(organization)
  const demanded = challengeIn(await begin(plain.email, { body: { organization_id: organization } }))
  t.match(await answer(demanded, await mint(await requested(plain.id))), { body: { next: ['enroll_mfa'] } })
  const shown = await answerStep(platform, replica, { challenge: demanded, step: 'enroll_mfa' })
  const app = authenticatorApp((shown.body['enrollment'] as { secret: string }).secret)
  const done = await answerStep(platform, replica, { challenge: demanded, step: 'enroll_mfa', code: app.code() })
  t.match(done, { status: 200, body: { status: 'authenticated', organization: { id: organization } } })
})

t.test('a sign-in is its browser’s, and ends with the person', async (t) => {
  const person = await platform.verified(replica)
  const challenge = challengeIn(await begin(person.email, { browser: 'one' }))
  const code = await mint(await requested(person.id))
  t.equal((await answer(challenge, code, replica, { browser: 'two' })).status, 401)
  t.equal((await answer(challenge, code, replica, { browser: 'one' })).status, 200)
  const open = challengeIn(await begin(person.email))
  const unused = await mint(await requested(person.id))
  await admin`delete from users where id = (select user_id from emails where address = ${person.email})`
  t.equal((await answer(open, unused)).status, 401)
})

t.test('404 where the deployment does not offer it; 400 and 403', async (t) => {
  const without = await platform.replica({ IDENTITY_EMAIL_CODES: 'off' })
  t.equal((await begin(newAddress(), { by: without })).status, 404)
  for (const body of [{ email: 'nobody' }, { more: 1 }])
    t.equal((await begin(newAddress(), { body })).status, 400, JSON.stringify(body))
  t.equal(
    (await answerStep(platform, replica, { challenge: `gthc_${'x'.repeat(49)}`, step: 'email_code' })).status,
    400,
  )
  const asked = { url: `/internal/sign-ins/${newId('sin')}/code` }
  t.same((await platform.ask(replica, { ...asked, as: 'workers' })).body, { mail: null })
  t.equal((await platform.ask(replica, { ...asked, as: 'orgs' })).status, 403)
})
