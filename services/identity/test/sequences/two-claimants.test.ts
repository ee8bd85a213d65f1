/**
 * Random interleavings of an owner and an attacker over one address. Whatever the order, once the owner of the mailbox
 * has proven the address the only password that opens a session is one the owner chose, and the attacker never gets
 * one.
 */
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import { typeIdOf } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { newAddress, newPassword, openPlatform, type Answer } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const { admin } = platform
const replica = await platform.replica()

type Who = 'owner' | 'attacker'
type Step =
  | { do: 'register'; who: Who }
  | { do: 'resend'; who: Who; withHandle: boolean }
  | { do: 'login'; who: Who; withHandle: boolean }
  | { do: 'follow'; mail: number; withHandle: boolean; choosesPassword: boolean }
  | { do: 'wait' }

const who = fc.constantFrom<Who>('owner', 'attacker')
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('register' as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('resend' as const), who, withHandle: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('login' as const), who, withHandle: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('follow' as const),
      mail: fc.nat(9),
      withHandle: fc.boolean(),
      choosesPassword: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const) }) },
)

const networks: Record<Who, string> = { owner: '203.0.113.7', attacker: '198.51.100.66' }
type Claimant = { passwords: string[]; handle: string | undefined; challenges: string[] }

/** One address, two people, one mailbox that only the owner reads. */
async function openWorld() {
  const email = newAddress()
  const people: Record<Who, Claimant> = {
    owner: { passwords: [], handle: undefined, challenges: [] },
    attacker: { passwords: [], handle: undefined, challenges: [] },
  }
  let isProven = false
  const ask = (name: Who, url: string, body: object, withHandle = false): Promise<Answer> =>
    platform.ask(replica, {
      url,
      body,
      from: networks[name],
      registration: withHandle ? people[name].handle : undefined,
    })
  const mailbox = async (): Promise<string[]> =>
    (
      await admin<{ id: string }[]>`
        select v.id::text as id from email_verifications v join emails e on e.id = v.email_id
        where e.address = ${email} and v.mail_requested_at is not null order by v.registered_at`
    ).map(({ id }) => id)

  const run: Record<Step['do'], (given: never) => Promise<void>> = {
    register: async ({ who: name }: { who: Who }) => {
      const password = newPassword()
      const { headers } = await ask(name, '/v1/auth/register', { email, password, name })
      people[name].passwords.push(password)
      people[name].handle = String(headers['gatehouse-registration'])
    },
    resend: async ({ who: name, withHandle }: { who: Who; withHandle: boolean }) =>
      void (await ask(name, '/v1/auth/verify-email/resend', { email }, withHandle)),
    login: async ({ who: name, withHandle }: { who: Who; withHandle: boolean }) => {
      const password = people[name].passwords.at(-1)
      if (password === undefined) return
      const { body } = await ask(name, '/v1/auth/login', { email, password }, withHandle)
      if (body['status'] === 'challenge') people[name].challenges.push(String(body['challenge']))
    },
    follow: async (o: { mail: number; withHandle: boolean; choosesPassword: boolean }) => {
      const mails = await mailbox()
      const id = mails[o.mail % Math.max(1, mails.length)]
      if (id === undefined) return
      const token = await mintFor(id)
      if (token === undefined) return
      const chosen = newPassword()
      const body = o.choosesPassword ? { token, password: chosen } : { token }
      const answer = await ask('owner', '/v1/auth/verify-email', body, o.withHandle)
      if (answer.status !== 200) return
      isProven = true
      if (o.choosesPassword) people.owner.passwords.push(chosen)
    },
    wait: async () =>
      void (await admin`update email_verifications set mail_requested_at = mail_requested_at - interval '2 minutes'`),
  }
  const isSession = (answer: Answer): boolean => answer.body['status'] === 'authenticated'
  const opensSession = async (name: Who): Promise<boolean> => {
    await admin`delete from sign_in_counters`
    for (const password of people[name].passwords)
      for (const withHandle of [false, true])
        if (isSession(await ask(name, '/v1/auth/login', { email, password }, withHandle))) return true
    for (const challenge of people[name].challenges)
      if (isSession(await ask(name, '/v1/auth/challenge', { challenge, step: 'verify_email' }))) return true
    return false
  }
  return { run: (one: Step) => run[one.do](one as never), opensSession, isProven: () => isProven }
}

async function mintFor(uuid: string): Promise<string | undefined> {
  const { body } = await platform.ask(replica, {
    url: `/internal/email-verifications/${typeIdOf('ver', uuid)}/link`,
    as: 'workers',
  })
  return (body['mail'] as { token: string } | null)?.token
}

async function holds(steps: readonly Step[]): Promise<void> {
  const world = await openWorld()
  for (const one of steps) await world.run(one)
  if (await world.opensSession('attacker')) throw new Error('the attacker has a session')
  if (world.isProven() && !(await world.opensSession('owner'))) throw new Error('the owner has none')
  if (!world.isProven() && (await world.opensSession('owner'))) throw new Error('a session without proof')
}

t.test('the attack as reported: register, register by the attacker, resend, click', async (t) => {
  const attack = (follow: { mail: number; withHandle: boolean; choosesPassword: boolean }): Step[] => [
    { do: 'register', who: 'owner' },
    { do: 'register', who: 'attacker' },
    { do: 'wait' },
    { do: 'resend', who: 'owner', withHandle: true },
    { do: 'follow', ...follow },
  ]
  for (const mail of [0, 1])
    for (const withHandle of [true, false])
      for (const choosesPassword of [true, false])
        await t.resolves(holds(attack({ mail, withHandle, choosesPassword })))
})

t.test('any interleaving of two claimants', async () => {
  const runs = Number(process.env['SEQUENCE_RUNS'] ?? 25)
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 10 }), holds), {
    numRuns: runs,
    interruptAfterTimeLimit: 20 * 60_000,
  })
})
