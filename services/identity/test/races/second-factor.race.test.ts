/**
 * A thousand uses of one second factor at once, over two replicas: a code's step and a recovery code have one winner,
 * and guesses at once get no more chances.
 */
import t from 'tap'
import { addPasskey, newAuthenticator, optionsFor } from '../fixtures/passkeys.ts'
import { openPlatform, type Answer } from '../fixtures/platform.ts'
import { answerStep, authenticatorApp, challengeOf, enrolled, recoveryCodesOf } from '../fixtures/second-factor.ts'

const platform = await openPlatform(t)
const { admin, tokens } = platform
const replicas = [await platform.replica(), await platform.replica()] as const
const [replica] = replicas
const uses = 1000
/** Callers at work at any moment; each has its answer before the next one begins. */
const callers = 50

/** What cannot be served for now comes again, as clients do: the test counts answers, not moments. */
async function patiently(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await ask()
    if (answer.status !== 503) return answer
  }
}

async function atOnce(ask: (use: number, on: typeof replica) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = []
  let next = 0
  const caller = async (): Promise<void> => {
    while (next < uses) {
      const use = next++
      answers.push(await patiently(() => ask(use, replicas[use % 2 === 0 ? 0 : 1])))
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  return answers
}
const winners = (answers: Answer[]): number => answers.filter(({ body }) => body['status'] === 'authenticated').length

/** Many sign-ins of one person, each after its own right password. */
const challengesOf = async (person: Parameters<typeof challengeOf>[2], count: number): Promise<string[]> => {
  const challenges: string[] = []
  for (let made = 0; made < count; made += 1) challenges.push(await challengeOf(platform, replica, person))
  return challenges
}

t.test('one code signs in once, over as many sign-ins as there are', async (t) => {
  const person = await enrolled(platform, replica)
  const challenges = await challengesOf(person, 10)
  const code = person.app.code()
  const asked = tokens.asked.length
  const answers = await atOnce((use, on) =>
    answerStep(platform, on, { challenge: challenges[use % challenges.length] ?? '', step: 'totp', code }),
  )
  t.equal(winners(answers), 1)
  t.equal(tokens.asked.length, asked + 1)
})

t.test('one challenge with a right code opens one session', async (t) => {
  const person = await enrolled(platform, replica)
  const challenge = await challengeOf(platform, replica, person)
  const code = person.app.code()
  const answers = await atOnce((_, on) => answerStep(platform, on, { challenge, step: 'totp', code }))
  t.equal(winners(answers), 1)
  t.ok(answers.every(({ status }) => status === 200 || status === 400))
})

t.test('one recovery code signs in once', async (t) => {
  const person = await enrolled(platform, replica)
  const [code = ''] = await recoveryCodesOf(platform, replica, person)
  const challenges = await challengesOf(person, 10)
  const answers = await atOnce((use, on) =>
    answerStep(platform, on, { challenge: challenges[use % challenges.length] ?? '', step: 'recovery_code', code }),
  )
  t.equal(winners(answers), 1)
  t.equal((await admin`select 1 from recovery_codes where used_at is not null`).length, 1)
})

t.test('guesses at once get as many chances as guesses one after another', async (t) => {
  const person = await enrolled(platform, replica)
  const challenges = await challengesOf(person, 10)
  const failedBefore = (await platform.announced(replica, person.id)).length
  const answers = await atOnce((use, on) =>
    answerStep(platform, on, { challenge: challenges[use % challenges.length] ?? '', step: 'totp', code: '000000' }),
  )
  t.equal(winners(answers), 0)
  const types = (await platform.announced(replica, person.id)).slice(failedBefore)
  t.equal(
    types.filter((type) => type === 'sign_in.failed.v1').length,
    10,
    'the limit of one network, counted once each',
  )
  t.equal(types.filter((type) => type === 'sign_in.locked.v1').length, 1)
})

t.test('one enrollment is confirmed once', async (t) => {
  const person = await platform.verified(replica)
  const token = tokens.accessTokenFor(person.id)
  const { body } = await platform.ask(replica, { url: '/v1/me/mfa/totp', token })
  const code = authenticatorApp(String(body['secret'])).code()
  const answers = await atOnce((_, on) => platform.ask(on, { url: '/v1/me/mfa/totp/confirm', body: { code }, token }))
  t.equal(answers.filter(({ status }) => status === 204).length, 1)
  t.same(
    await platform.announced(replica, person.id).then((types) => types.filter((type) => type.startsWith('factors'))),
    ['factors.changed.v1'],
  )
})

t.test('one signature of a passkey signs in once, also where nothing is counted', async (t) => {
  for (const counter of [undefined, 7]) {
    const person = await platform.verified(replica)
    const authenticator = newAuthenticator(counter)
    await addPasskey(platform, replica, { person, authenticator })
    const credential = authenticator.get(await optionsFor(platform, replica))
    const answers = await atOnce((_, on) => platform.ask(on, { url: '/v1/auth/passkey', body: { credential } }))
    t.equal(winners(answers), 1)
    t.ok(answers.every(({ status }) => status === 200 || status === 401))
    const types = await platform.announced(replica, person.id)
    t.notOk(
      types.some((type) => type.includes('counter_regressed')),
      'a repeated request is no copied credential',
    )
  }
})

t.test('of many signatures with one counter one signs in', async (t) => {
  const person = await platform.verified(replica)
  const authenticator = newAuthenticator(7)
  await addPasskey(platform, replica, { person, authenticator })
  const all = await Promise.all(Array.from({ length: 16 }, () => optionsFor(platform, replica)))
  const answers = await Promise.all(
    all.map((options, use) =>
      patiently(() =>
        platform.ask(replicas[use % 2 === 0 ? 0 : 1], {
          url: '/v1/auth/passkey',
          body: { credential: authenticator.get(options, { counter: 20 }) },
        }),
      ),
    ),
  )
  t.equal(winners(answers), 1)
})
