/**
 * The end of people: erased by an operator, or by themselves after a grace they can undo. Nothing of them stays in any
 * table.
 */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { eraseDue } from '../../src/use-cases/account/delete-me.ts'
import { addPasskey, newAuthenticator, signInWith } from '../fixtures/passkeys.ts'
import { newAddress, openPlatform, type Person } from '../fixtures/platform.ts'
import { answerStep, challengeOf, enrolled, recoveryCodesOf } from '../fixtures/second-factor.ts'

const platform = await openPlatform(t)
const { admin, tokens, operators } = platform
const [replica, other] = [await platform.replica(), await platform.replica()]
const operator = newId('user')
operators.ids.add(operator)
const reason = 'Request 4713'

const erase = (id: string, by = replica, as = operator) =>
  platform.ask(by, { url: `/v1/platform/users/${id}/erase`, token: tokens.accessTokenFor(as), body: { reason } })
const mine = (method: 'DELETE' | 'POST' | 'GET', url: string, person: Person, more: object = {}) =>
  platform.ask(replica, { method, url, token: tokens.accessTokenFor(person.id, more) })
const login = ({ email, password }: Person) =>
  platform.ask(replica, { url: '/v1/auth/login', body: { email, password } })
const eventsAbout = async (id: string) =>
  (await replica.deps.spine.changes({ after: 0, limit: 1000 })).events.filter(({ subject }) => subject === id)
const snapshot = async (view: string): Promise<string> =>
  String(
    (await platform.ask(replica, { method: 'GET', url: `/internal/snapshot?view=${view}`, as: 'tokens' })).body['text'],
  )

/** Tables of identity in which `text` is found, whatever the column. */
async function tablesWith(text: string): Promise<string[]> {
  const tables = await admin<{ name: string }[]>`
    select c.relname as name from pg_class c where c.relnamespace = 'identity'::regnamespace
      and c.relkind in ('r', 'p') and not c.relispartition`
  const found = await Promise.all(
    tables.map(async ({ name }) => {
      const [row] = await admin<{ has: boolean }[]>`
        select exists (select from ${admin(name)} r where strpos(lower(r::text), lower(${text})) > 0) as has`
      return row?.has === true ? [name] : []
    }),
  )
  return found.flat()
}

/** A person with something in as many tables as there are. */
async function rich(): Promise<Person & { open: string; authenticator: ReturnType<typeof newAuthenticator> }> {
  const person = await enrolled(platform, replica)
  await admin`update users set name = ${`Name of ${person.email}`} where id = (select user_id from emails
    where address = ${person.email})`
  await recoveryCodesOf(platform, replica, person)
  const authenticator = newAuthenticator()
  await addPasskey(platform, replica, { person, authenticator })
  await platform.resetToken(replica, person.email)
  const body = { email: newAddress(`next-of-${person.email.slice(0, 12)}`), current_password: person.password }
  await platform.ask(replica, { url: '/v1/me/email', token: tokens.accessTokenFor(person.id, { acr: 'aal2' }), body })
  return { ...person, authenticator, open: await challengeOf(platform, replica, person) }
}

t.test(
  '204: an operator erases a person: no table knows them, nothing of theirs works, everybody is told',
  async (t) => {
    const person = await rich()
    t.not((await tablesWith(person.email)).length, 0, 'there is something to be found')
    t.equal((await erase(person.id)).status, 204)
    t.same(await tablesWith(person.email), [])
    t.same((await tablesWith(person.email.slice(0, 12))).length, 0, 'nor an address they were going to have')
    const uuid = String((await admin`select id from erased_users order by erased_at desc limit 1`)[0]?.['id'])
    t.same(
      (await tablesWith(uuid)).filter((table) => !['erased_users', 'outbox'].includes(table)),
      [],
    )
    t.equal((await login(person)).status, 401)
    const answer = { challenge: person.open, step: 'totp', code: '000000' }
    t.equal((await answerStep(platform, replica, answer)).status, 400)
    t.equal((await signInWith(platform, replica, { authenticator: person.authenticator })).status, 401)
    t.equal((await mine('GET', '/v1/me', person)).status, 404)
    const told = (await eventsAbout(person.id)).at(-1)
    t.match(told, { type: /user.erased.v1/, actor: `user:${operator}`, data: { via: 'operator', reason } })
    t.equal((told?.data as { min_uv: number }).min_uv, told?.version)
    t.match(await snapshot('floors'), new RegExp(`"id":"${person.id}","min_version":${told?.version}`))
    t.match(await snapshot('state'), new RegExp(`"id":"${person.id}","version":${told?.version},.*"status":"disabled"`))
    t.equal((await erase(person.id)).status, 204, 'the same once more')
    t.equal((await eventsAbout(person.id)).at(-1)?.version, told?.version, 'and nobody is told again')
    t.match(await platform.verified(replica, { email: person.email }), { email: person.email }, 'the address is free')
  },
)

t.test('of many erasures at once one is made', async (t) => {
  const person = await platform.verified(replica)
  const answers = await Promise.all(
    Array.from({ length: 16 }, (_, n) => erase(person.id, n % 2 === 0 ? replica : other)),
  )
  t.same(new Set(answers.map(({ status }) => status)), new Set([204]))
  t.equal((await eventsAbout(person.id)).filter(({ type }) => type.includes('erased')).length, 1)
})

t.test('403, 404, 409', async (t) => {
  const person = await platform.verified(replica)
  t.equal((await erase(person.id, replica, person.id)).status, 403)
  t.equal((await erase(newId('user'))).status, 404)
  t.equal((await erase(operator)).status, 409)
  t.equal((await login(person)).status, 200)
})

t.test('the first administrator can be erased as everybody can', async (t) => {
  const person = await platform.verified(replica)
  await admin`insert into bootstrap_marker (user_id) select user_id from emails where address = ${person.email}`
  t.equal((await erase(person.id)).status, 204)
  await admin`delete from bootstrap_marker`
})

t.test('DELETE /v1/me: everything works until the day, and the person is gone after it', async (t) => {
  const person = await platform.verified(replica)
  const asked = await mine('DELETE', '/v1/me', person)
  t.match(asked, { status: 200, body: { deletion_due_at: /Z$/ } })
  t.same((await mine('DELETE', '/v1/me', person)).body, asked.body, 'asked again, the same day')
  t.equal(await eraseDue(replica.deps, { limit: 10 }), 0)
  t.match((await login(person)).body, { status: 'authenticated' })
  await admin`update users set deletion_due_at = now() - interval '1 second' where deletion_due_at is not null`
  const counts = await Promise.all([eraseDue(replica.deps, { limit: 10 }), eraseDue(other.deps, { limit: 10 })])
  t.equal(counts[0] + counts[1], 1)
  t.equal((await login(person)).status, 401)
  t.same(await tablesWith(person.email), [])
  t.match((await eventsAbout(person.id)).slice(-2), [
    { type: /user.deletion_requested.v1/, actor: `user:${person.id}`, data: { due_at: asked.body['deletion_due_at'] } },
    { type: /user.erased.v1/, data: { via: 'request' } },
  ])
})

t.test('POST /v1/me/deletion/undo: the person stays; of many at once one is announced', async (t) => {
  const person = await platform.verified(replica)
  t.equal((await mine('POST', '/v1/me/deletion/undo', person)).status, 204, 'nothing to undo')
  t.equal((await mine('DELETE', '/v1/me', person)).status, 200)
  await Promise.all(Array.from({ length: 8 }, () => mine('POST', '/v1/me/deletion/undo', person)))
  await admin`update users set deletion_due_at = deletion_due_at - interval '1 year'`
  t.equal(await eraseDue(replica.deps, { limit: 10 }), 0)
  t.match((await login(person)).body, { status: 'authenticated' })
  const told = (await eventsAbout(person.id)).map(({ type }) => type)
  t.equal(told.filter((type) => type.includes('deletion_undone')).length, 1)
})

t.test('401: a sign-in of long ago, or one without the second factor the person has', async (t) => {
  const person = await enrolled(platform, replica)
  for (const more of [{ signedInSecondsAgo: 1000, acr: 'aal2' }, { acr: 'aal1' }])
    t.match(await mine('DELETE', '/v1/me', person, more), {
      status: 401,
      body: { code: 'insufficient_user_authentication' },
    })
  t.equal((await mine('GET', '/v1/me/export', person, { signedInSecondsAgo: 1000 })).status, 401)
  t.equal((await mine('DELETE', '/v1/me', person, { acr: 'aal2' })).status, 200)
})

t.test('GET /v1/me/export: all that can be read, and no secret', async (t) => {
  const person = await rich()
  const { status, body } = await mine('GET', '/v1/me/export', person)
  t.match(
    { status, body },
    {
      status: 200,
      body: {
        user: { id: person.id, email: person.email },
        password_changed_at: /Z$/,
        authenticator_app: { enrolled_at: /Z$/ },
        recovery_codes_left: 10,
        passkeys: [{ id: /^pky_/ }],
        address_changes: [{ address: /@/, confirmed_at: null }],
        deletion_due_at: null,
      },
    },
  )
  t.notMatch(JSON.stringify(body), /argon2|secret|public_key/)
})
