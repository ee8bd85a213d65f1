/**
 * Sixteen callers at once, over two replicas: every single-use thing has one winner, every idempotent one has one
 * result.
 */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { bootstrapAdmin } from '../../src/use-cases/account/bootstrap-admin.ts'
import { newAddress, newPassword, openPlatform, type Answer } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const { admin, tokens } = platform
const replicas = [await platform.replica(), await platform.replica()] as const
const [replica] = replicas
const callers = 16
const atOnce = <T>(ask: (caller: number, on: typeof replica) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: callers }, (_, caller) => ask(caller, caller % 2 === 0 ? replicas[0] : replicas[1])))
/** As often as a run asks for: in bursts, and a burst is as concurrent as the database can be. */
const bursts = process.env['GATEHOUSE_FULL'] === '1' ? 63 : 1
async function inBursts<T>(ask: (caller: number, on: typeof replica) => Promise<T>): Promise<T[]> {
  const answers: T[] = []
  for (let burst = 0; burst < bursts; burst += 1) answers.push(...(await atOnce(ask)))
  return answers
}
const uses = callers * bursts
const statuses = (answers: Answer[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

t.test('one address registered by many is one person with few mails, and everybody hears the same', async (t) => {
  const email = newAddress()
  // Eight: they hold one row one after another, and each has to be answered before its deadline.
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, caller) =>
      platform.ask(caller % 2 === 0 ? replicas[0] : replicas[1], {
        url: '/v1/auth/register',
        body: { email, password: newPassword(), name: 'Ada' },
      }),
    ),
  )
  t.same(statuses(answers), { 202: 8 })
  t.equal((await admin`select 1 from users`).length, 1)
  t.same(await platform.announced(replica), [
    'user.registered.v1',
    ...Array.from({ length: 3 }, () => 'email_verification.requested.v1'),
  ])
})

t.test('one verification secret verifies once', async (t) => {
  const person = await platform.register(replica)
  const token = await platform.mint(replica, person.verification)
  const answers = await inBursts((_, on) => platform.ask(on, { url: '/v1/auth/verify-email', body: { token } }))
  t.same(statuses(answers), { 200: 1, 400: uses - 1 })
  t.equal((await platform.announced(replica, person.id)).filter((type) => type === 'user.email_verified.v1').length, 1)
})

t.test('of several secrets for one address one is used', async (t) => {
  const person = await platform.register(replica)
  const secrets = await atOnce((_, on) => platform.mint(on, person.verification))
  const answers = await atOnce((caller, on) =>
    platform.ask(on, { url: '/v1/auth/verify-email', body: { token: secrets[caller] } }),
  )
  t.same(statuses(answers), { 200: 1, 400: callers - 1 })
  t.match(
    await admin`select version from users where id = (select user_id from emails where address = ${person.email})`,
    [{ version: '2' }],
  )
})

t.test('one challenge opens one session', async (t) => {
  const person = await platform.register(replica)
  const { body } = await platform.ask(replica, {
    url: '/v1/auth/login',
    body: { email: person.email, password: person.password },
  })
  await platform.ask(replica, {
    url: '/v1/auth/verify-email',
    body: { token: await platform.mint(replica, person.verification) },
  })
  const asked = tokens.asked.length
  const answers = await inBursts((_, on) =>
    platform.ask(on, { url: '/v1/auth/challenge', body: { challenge: body['challenge'], step: 'verify_email' } }),
  )
  t.same(statuses(answers), { 200: 1, 400: uses - 1 })
  t.equal(tokens.asked.length, asked + 1, 'and tokens was asked once')
})

t.test('verifying while the challenge is answered never loses the sign-in and never opens two sessions', async (t) => {
  const person = await platform.register(replica)
  const { body } = await platform.ask(replica, {
    url: '/v1/auth/login',
    body: { email: person.email, password: person.password },
  })
  const token = await platform.mint(replica, person.verification)
  const answerOnce = (on: typeof replica) =>
    platform.ask(on, { url: '/v1/auth/challenge', body: { challenge: body['challenge'], step: 'verify_email' } })
  const answers = await atOnce((caller, on) =>
    caller === 7 ? platform.ask(on, { url: '/v1/auth/verify-email', body: { token } }) : answerOnce(on),
  )
  const sessions = [...answers, await answerOnce(replica)].filter(
    ({ body: answer }) => answer['status'] === 'authenticated',
  )
  t.equal(sessions.length, 1)
})

t.test('one invitation makes one person, whoever asks', async (t) => {
  const body = { invitation_id: newId('inv'), email: newAddress('eve'), name: 'Eve', password: newPassword() }
  const answers = await atOnce((_, on) => platform.ask(on, { url: '/internal/users', as: 'orgs', body }))
  t.same(statuses(answers), { 201: callers })
  t.equal(new Set(answers.map((answer) => answer.body['user_id'])).size, 1)
  t.equal((await admin`select 1 from emails where address = ${body.email}`).length, 1)
})

t.test('one invitation asked with many addresses still makes one person', async (t) => {
  const invitation_id = newId('inv')
  const answers = await atOnce((_, on) =>
    platform.ask(on, {
      url: '/internal/users',
      as: 'orgs',
      body: { invitation_id, email: newAddress('eve'), name: 'Eve', password: newPassword() },
    }),
  )
  t.same(statuses(answers), { 201: callers })
  t.equal(new Set(answers.map((answer) => answer.body['user_id'])).size, 1)
})

t.test('one address invited many times goes to one person; the others hear of the conflict', async (t) => {
  const email = newAddress('eve')
  const answers = await atOnce((_, on) =>
    platform.ask(on, {
      url: '/internal/users',
      as: 'orgs',
      body: { invitation_id: newId('inv'), email, name: 'Eve', password: newPassword() },
    }),
  )
  t.same(statuses(answers), { 201: 1, 409: callers - 1 })
})

t.test('of many registrations of one address one is proven, and the password is that of its client', async (t) => {
  const email = newAddress()
  const claims: Awaited<ReturnType<typeof platform.register>>[] = []
  for (let claim = 0; claim < 3; claim += 1) claims.push(await platform.register(replica, { email }))
  const login = ({ password, registration }: (typeof claims)[number]) =>
    platform.ask(replica, { url: '/v1/auth/login', body: { email, password }, registration })
  const challenges = await Promise.all(claims.map(login))
  const secrets = await atOnce((caller, on) => platform.mint(on, claims[caller % 3]?.verification ?? ''))
  const answers = await atOnce((caller, on) =>
    platform.ask(on, {
      url: '/v1/auth/verify-email',
      body: { token: secrets[caller] },
      registration: claims[caller % 3]?.registration,
    }),
  )
  t.same(statuses(answers), { 200: 1, 400: callers - 1 })
  const winner = answers.findIndex(({ status }) => status === 200) % 3
  for (const [index, claim] of claims.entries()) {
    const status = index === winner ? 'authenticated' : 'challenge'
    t.match((await login(claim)).body, { status })
    const challenge = challenges[index]?.body['challenge']
    t.match(
      (await platform.ask(replica, { url: '/v1/auth/challenge', body: { challenge, step: 'verify_email' } })).body,
      { status },
    )
  }
})

t.test('one invitation takes a squatted address over once, whoever asks', async (t) => {
  const { email, id } = await platform.register(replica)
  const body = { invitation_id: newId('inv'), email, name: 'Eve', password: newPassword() }
  const answers = await atOnce((_, on) => platform.ask(on, { url: '/internal/users', as: 'orgs', body }))
  t.same(statuses(answers), { 201: callers })
  t.same([...new Set(answers.map((answer) => answer.body['user_id']))], [id])
  t.match(
    await admin`select version from users where invitation_id is not null and id = (select user_id from emails
      where address = ${email})`,
    [{ version: '2' }],
  )
})

t.test('a squatted address invited many times goes to one acceptance', async (t) => {
  const { email } = await platform.register(replica)
  const passwords = Array.from({ length: callers }, newPassword)
  const answers = await atOnce((caller, on) =>
    platform.ask(on, {
      url: '/internal/users',
      as: 'orgs',
      body: { invitation_id: newId('inv'), email, name: 'Eve', password: passwords[caller] },
    }),
  )
  t.same(statuses(answers), { 201: 1, 409: callers - 1 })
  const password = passwords[answers.findIndex(({ status }) => status === 201)]
  t.match(await platform.ask(replica, { url: '/v1/auth/login', body: { email, password } }), {
    body: { status: 'authenticated' },
  })
})

t.test('an acceptance and a verification at once: one proves the address, and only its password works', async (t) => {
  for (let round = 0; round < 4; round += 1) {
    const person = await platform.register(replica)
    const { email } = person
    const token = await platform.mint(replica, person.verification)
    const invited = newPassword()
    const accept = (on: typeof replica) =>
      platform.ask(on, {
        url: '/internal/users',
        as: 'orgs',
        body: { invitation_id: newId('inv'), email, name: 'Eve', password: invited },
      })
    const answers = await atOnce((caller, on) =>
      caller % 4 < 2 ? accept(on) : platform.ask(on, { url: '/v1/auth/verify-email', body: { token } }),
    )
    const winners = answers.filter(({ status }) => status < 300)
    t.equal(winners.length, 1)
    t.ok(answers.every(({ status }) => [200, 201, 400, 409].includes(status)))
    const isInvited = winners[0]?.status === 201
    for (const [password, works] of [
      [invited, isInvited],
      [person.password, !isInvited],
    ] as const)
      t.equal(
        (await platform.ask(replica, { url: '/v1/auth/login', body: { email, password } })).status,
        works ? 200 : 401,
      )
    t.same((await platform.announced(replica, person.id)).filter((type) => type === 'user.email_verified.v1').length, 1)
  }
})

t.test('replicas that start together make one administrator, and none later', async (t) => {
  const before = (await platform.announced(replica)).length
  const configured = { email: newAddress('root'), password: newPassword() }
  const outcomes = await atOnce((_, on) => bootstrapAdmin(on.deps, configured))
  t.equal(outcomes.filter(({ kind }) => kind === 'created').length, 1)
  t.equal(outcomes.filter(({ kind }) => kind === 'exists').length, callers - 1)
  t.same((await platform.announced(replica)).slice(before), ['user.registered.v1', 'platform_admin.bootstrapped.v1'])
  t.same(await bootstrapAdmin(replica.deps, { ...configured, email: newAddress('root') }), { kind: 'exists' })
  t.equal((await platform.ask(replica, { url: '/v1/auth/login', body: configured })).status, 200)
})
