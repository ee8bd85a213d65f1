/**
 * Known, unknown and unproven addresses are one: status, body, headers, and the work. Times are not compared, since a
 * loaded machine makes any; the statements sent to the database and the hashes made are, because equal work is what
 * makes equal times.
 */
import { registrationHeader } from '@gatehouse/contracts/common/services'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import t from 'tap'
import type { PasswordHasher } from '../../src/passwords/password-hasher.ts'
import { newAddress, newPassword, openPlatform, type Answer, type Person } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const { admin } = platform
const replica = await platform.replica()
const { system, hasher } = replica.deps

type Work = { statements: string[]; comparisons: number; hashes: number }
let work: Work = { statements: [], comparisons: 0, hashes: 0 }

/**
 * What announces a commit runs beside the answer and not before it; a new connection asks for the types of the
 * database.
 */
const isBeside = (statement: string): boolean => /spine_head|sequence|position|pg_type/i.test(statement)
;(system as Db & { $client: { options: { debug: unknown } } }).$client.options.debug = (
  _: number,
  statement: string,
) => {
  if (!isBeside(statement)) work.statements.push(statement.replace(/\s+/g, ' ').trim())
}
const real: PasswordHasher = { ...hasher }
hasher.findMatch = async (phcs, password, turn) => {
  const found = await real.findMatch(phcs, password, turn)
  work.comparisons += found === undefined || !turn.stopsAtMatch ? phcs.length : found + 1
  return found
}
hasher.hashAndCompare = (password, phc, turn) => {
  work.comparisons += 1
  work.hashes += 1
  return real.hashAndCompare(password, phc, turn)
}

async function workOf(ask: () => Promise<Answer>): Promise<{ answer: Answer; work: Work }> {
  work = { statements: [], comparisons: 0, hashes: 0 }
  const answer = await ask()
  return { answer, work }
}

/** What a caller can see of an answer, without what is random in it. */
function visibleOf({ status, body, headers }: Answer): object {
  const names = Object.keys(headers).toSorted()
  return { status, body: { ...body, request_id: '', challenge: '' }, names, length: headers['content-length'] }
}

const addresses = async (): Promise<Record<string, Person | { email: string }>> => {
  const disabled = await platform.verified(replica)
  await admin`update users set status = 'disabled' where id = (select user_id from emails
    where address = ${disabled.email})`
  const disputed = await platform.register(replica)
  await platform.register(replica, { email: disputed.email })
  const waiting = await platform.register(replica)
  const people = {
    proven: await platform.verified(replica),
    waiting,
    disputed,
    disabled,
    unknown: { email: newAddress() },
  }
  await admin`update email_verifications set mail_requested_at = now() - interval '1 hour'`
  return people
}

async function allEqual(title: string, ask: (email: string) => Promise<Answer>): Promise<void> {
  await t.test(title, async (t) => {
    const seen: { name: string; visible: object; work: Work }[] = []
    for (const [name, { email }] of Object.entries(await addresses())) {
      const { answer, work: done } = await workOf(() => ask(email))
      seen.push({ name, visible: visibleOf(answer), work: done })
    }
    const [first] = seen
    t.ok((first?.work.statements.length ?? 0) > 3, 'the database was asked')
    for (const { name, visible, work: done } of seen) {
      t.same(visible, first?.visible, `${name}: the same answer`)
      t.same(done, first?.work, `${name}: the same work`)
    }
  })
}

await allEqual('a wrong password', (email) =>
  platform.ask(replica, { url: '/v1/auth/login', body: { email, password: newPassword() } }),
)
await allEqual('a wrong password with a handle and a device token', (email) =>
  platform.ask(replica, {
    url: '/v1/auth/login',
    body: { email, password: newPassword() },
    device: `gthd_${'A'.repeat(179)}`,
    registration: 'gthg_x',
  }),
)
await allEqual('a registration', (email) =>
  platform.ask(replica, { url: '/v1/auth/register', body: { email, password: newPassword(), name: 'Mallory' } }),
)
await allEqual('a resend', (email) => platform.ask(replica, { url: '/v1/auth/verify-email/resend', body: { email } }))
await allEqual('a code by mail', (email) => platform.ask(replica, { url: '/v1/auth/email-code', body: { email } }))
await allEqual('a forgotten password', (email) =>
  platform.ask(replica, { url: '/v1/auth/password/forgot', body: { email } }),
)
await allEqual('a wrong password of a network that is locked out', async (email) => {
  const ask = () => platform.ask(replica, { url: '/v1/auth/login', body: { email, password: newPassword() } })
  for (let tried = 0; tried < 11; tried += 1) await ask()
  work = { statements: [], comparisons: 0, hashes: 0 }
  return ask()
})

t.test('the right password that is refused answers and works as a wrong one', async (t) => {
  const [person, disabled] = [await platform.verified(replica), await platform.verified(replica)]
  await admin`update users set status = 'disabled' where id = (select user_id from emails
    where address = ${disabled.email})`
  const ask = (email: string, password: string) => () =>
    platform.ask(replica, { url: '/v1/auth/login', body: { email, password }, from: '192.0.2.66' })
  for (let tried = 0; tried < 10; tried += 1) await ask(person.email, newPassword())()
  const wrong = await workOf(ask(newAddress(), newPassword()))
  for (const { email, password } of [person, disabled]) {
    const refused = await workOf(ask(email, password))
    t.same(visibleOf(refused.answer), visibleOf(wrong.answer))
    t.same(refused.work, wrong.work)
  }
})

t.test('a sign-in right after registering answers the same challenge for every address', async (t) => {
  const seen: object[] = []
  for (const [name, { email }] of Object.entries(await addresses())) {
    if (name === 'disabled') continue
    const password = newPassword()
    const { headers } = await platform.ask(replica, {
      url: '/v1/auth/register',
      body: { email, password, name: 'Mallory' },
    })
    const registration = String(headers[registrationHeader])
    for (const handle of [undefined, registration]) {
      const answer = await platform.ask(replica, {
        url: '/v1/auth/login',
        body: { email, password },
        registration: handle,
      })
      t.match(answer, { status: 200, body: { status: 'challenge', next: ['verify_email'] } }, name)
      seen.push(visibleOf(answer))
    }
  }
  for (const visible of seen) t.same(visible, seen[0])
})
