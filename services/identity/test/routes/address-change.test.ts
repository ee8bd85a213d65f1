/**
 * Another address: asked for by the person, proven at the new one, undone from the old one; by status code, and with
 * many at once over two replicas.
 */
import { newId, typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import t from 'tap'
import { newAddress, newPassword, openPlatform, type Answer, type Person } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const { admin, tokens } = platform
const replicas = [await platform.replica(), await platform.replica()] as const
const [replica] = replicas

const post = (url: string, body: object, more: object = {}, on = replica) => platform.ask(on, { url, body, ...more })
const request = (person: Person, email: string, more: object = {}) =>
  post(
    '/v1/me/email',
    { email, current_password: person.password },
    { token: tokens.accessTokenFor(person.id), ...more },
  )
const settle = (what: 'confirm' | 'undo', token: string, on = replica) =>
  post(`/v1/auth/email/${what}`, { token }, {}, on)
const login = (email: string, password: string) => post('/v1/auth/login', { email, password })
const lastChangeOf = async (person: Person): Promise<string> => {
  const [row] = await admin<
    { id: string }[]
  >`select id from address_changes where user_id = ${uuidOf(person.id)} order by id desc limit 1`
  return typeIdOf('emc', row?.id ?? uuidOf(newId('emc')))
}
const mint = async (change: string, purpose: 'confirm' | 'undo') =>
  (await post(`/internal/address-changes/${change}/link`, { purpose }, { as: 'workers' })).body['mail'] as {
    to: string
    token: string
  } | null
const tokenFor = async (person: Person, purpose: 'confirm' | 'undo') =>
  (await mint(await lastChangeOf(person), purpose))?.token ?? ''
/** The person with a new address that is proven. */
async function moved(): Promise<{ person: Person; email: string }> {
  const [person, email] = [await platform.verified(replica), newAddress('new')]
  await request(person, email)
  if ((await settle('confirm', await tokenFor(person, 'confirm'))).status !== 204) throw new Error('not confirmed')
  return { person, email }
}
const count = (answers: Answer[], status: number) => answers.filter((answer) => answer.status === status).length

t.test('202, then 204: nothing changes before the new address is proven, then it is the one', async (t) => {
  const [person, email] = [await platform.verified(replica), newAddress('new')]
  t.match(await request(person, email), { status: 202, body: { status: 'accepted' } })
  t.equal((await login(email, person.password)).status, 401)
  const change = await lastChangeOf(person)
  const mail = await mint(change, 'confirm')
  t.match(mail, { to: email, token: /^gthe_/ })
  t.equal(await mint(change, 'undo'), null, 'nothing to undo yet')
  const reset = await platform.resetToken(replica, person.email)
  t.equal((await settle('undo', mail?.token ?? '')).status, 400, 'a link has one purpose')
  t.equal((await settle('confirm', mail?.token ?? '')).status, 204)
  t.equal((await login(email, person.password)).status, 200)
  t.equal((await login(person.email, person.password)).status, 401)
  t.equal(
    (await post('/v1/auth/password/reset', { token: reset, password: newPassword() })).status,
    400,
    'links to the old mailbox are void',
  )
  const announced = (await platform.announced(replica, person.id)).filter((type) =>
    /address_change|email_changed/.test(type),
  )
  t.same(announced, ['address_change.requested.v1', 'user.email_changed.v1'])
  t.equal((await settle('confirm', mail?.token ?? '')).status, 400, 'once')
})

t.test('204: the old address takes it back, ends everything, and gets a mail for a new password', async (t) => {
  const { person, email } = await moved()
  const undo = await mint(await lastChangeOf(person), 'undo')
  t.equal(undo?.to, person.email)
  await request(person, newAddress('third'))
  const third = await tokenFor(person, 'confirm')
  t.equal((await settle('undo', undo?.token ?? '')).status, 204)
  t.equal((await login(person.email, person.password)).status, 200)
  t.equal((await login(email, person.password)).status, 401)
  t.equal((await settle('confirm', third)).status, 400, 'what was asked for meanwhile is void')
  const { events } = await replica.deps.spine.changes({ after: 0, limit: 1000 })
  const about = events.filter(({ userid }) => userid === person.id)
  t.match(about.at(-2), {
    type: /user\.email_changed/,
    version: 4,
    data: { via: 'undoing', min_uv: 4, ends_sessions_below: 4 },
  })
  t.match(about.at(-1), { type: /password_reset\.requested/ })
  t.equal((await settle('undo', undo?.token ?? '')).status, 400, 'once')
})

t.test('204: undoing the first of two changes takes both back', async (t) => {
  const { person } = await moved()
  const first = await tokenFor(person, 'undo')
  const third = newAddress('third')
  const [now] = await admin<{ address: string }[]>`select address from emails where user_id = ${uuidOf(person.id)}`
  await request({ ...person, email: now?.address ?? '' }, third)
  t.equal((await settle('confirm', await tokenFor(person, 'confirm'))).status, 204)
  const second = await tokenFor(person, 'undo')
  t.equal((await settle('undo', first)).status, 204)
  t.match(await admin`select address from emails where user_id = ${uuidOf(person.id)}`, [{ address: person.email }])
  t.equal((await settle('undo', second)).status, 400)
})

t.test('400: too late, replaced, void, unknown: one answer', async (t) => {
  const expired = await platform.verified(replica)
  await request(expired, newAddress())
  const late = await tokenFor(expired, 'confirm')
  await admin`update address_change_secrets set expires_at = now() where user_id = ${uuidOf(expired.id)}`
  const replaced = await platform.verified(replica)
  await request(replaced, newAddress())
  const first = await tokenFor(replaced, 'confirm')
  await request(replaced, newAddress())
  const voided = await platform.verified(replica)
  await request(voided, newAddress())
  const hijack = await tokenFor(voided, 'confirm')
  const reset = await platform.resetToken(replica, voided.email)
  t.equal((await post('/v1/auth/password/reset', { token: reset, password: newPassword() })).status, 204)
  const old = await moved()
  const undo = await tokenFor(old.person, 'undo')
  await admin`update address_change_secrets set expires_at = now() where user_id = ${uuidOf(old.person.id)}`
  const disabled = await platform.verified(replica)
  await request(disabled, newAddress())
  const dead = await tokenFor(disabled, 'confirm')
  await admin`update users set status = 'disabled' where id = ${uuidOf(disabled.id)}`
  const answers = [
    ...(await Promise.all(
      [late, first, hijack, dead, mintSecret('gthe_').secret, 'x'].map((token) => settle('confirm', token)),
    )),
    await settle('undo', undo),
  ]
  t.same(
    new Set(answers.map(({ status, body }) => `${status} ${String(body['code'])}`)),
    new Set(['400 invalid_token']),
  )
})

t.test(
  'an address somebody has: the same answer, no mail, and no taking over; one nobody proved makes room',
  async (t) => {
    const [person, owner, registered] = [
      await platform.verified(replica),
      await platform.verified(replica),
      await platform.register(replica),
    ]
    t.match(await request(person, owner.email), { status: 202, body: { status: 'accepted' } })
    t.equal(await mint(await lastChangeOf(person), 'confirm'), null)
    const wanted = newAddress('wanted')
    await request(person, wanted)
    const token = await tokenFor(person, 'confirm')
    await platform.verified(replica, { email: wanted })
    t.equal((await settle('confirm', token)).status, 400, 'proven by somebody meanwhile')
    await request(person, registered.email)
    t.equal((await settle('confirm', await tokenFor(person, 'confirm'))).status, 204)
    t.same((await platform.announced(replica, registered.id)).at(-1), 'user.deleted.v1')
    t.equal((await login(registered.email, person.password)).status, 200)
  },
)

t.test('401: a wrong password, a sign-in of long ago, nobody; 400: no address; 429: too many', async (t) => {
  const person = await platform.verified(replica)
  t.match(await request({ ...person, password: newPassword() }, newAddress()), {
    status: 401,
    body: { code: 'invalid_credentials' },
  })
  const token = tokens.accessTokenFor(person.id, { signedInSecondsAgo: 3700 })
  t.match(await request(person, newAddress(), { token }), {
    status: 401,
    body: { code: 'insufficient_user_authentication' },
  })
  t.equal((await request(person, newAddress(), { token: undefined })).status, 401)
  t.equal((await request(person, 'x')).status, 400)
  for (let asked = 0; asked < 9; asked += 1) t.equal((await request(person, newAddress())).status, 202)
  t.match(await request(person, newAddress()), { status: 429, body: { code: 'rate_limited' } })
  for (const as of ['gateway', 'orgs'] as const)
    t.equal((await post(`/internal/address-changes/${newId('emc')}/link`, { purpose: 'undo' }, { as })).status, 403)
})

t.test('two people who prove one address at once: one has it', async (t) => {
  const email = newAddress('both')
  const people = [await platform.verified(replica), await platform.verified(replica)]
  for (const person of people) await request(person, email)
  const links = [await tokenFor(people[0] as Person, 'confirm'), await tokenFor(people[1] as Person, 'confirm')]
  const answers = await Promise.all(
    Array.from({ length: 16 }, (_, caller) =>
      settle('confirm', links[caller % 2] ?? '', caller % 4 < 2 ? replicas[0] : replicas[1]),
    ),
  )
  t.equal(count(answers, 204), 1)
  t.equal(count(answers, 400), 15)
  t.equal((await admin`select 1 from emails where address = ${email}`).length, 1)
})

t.test('one link works once, to confirm and to undo, however many use it at once over two replicas', async (t) => {
  // In bursts: a burst is as concurrent as the database can be.
  const bursts = process.env['GATEHOUSE_FULL'] === '1' ? 63 : 2
  const used = async (what: 'confirm' | 'undo', token: string) => {
    const answers: Answer[] = []
    for (let burst = 0; burst < bursts; burst += 1)
      answers.push(
        ...(await Promise.all(Array.from({ length: 16 }, (_, n) => settle(what, token, replicas[n % 2] ?? replica)))),
      )
    return { won: count(answers, 204), refused: count(answers, 400), of: answers.length }
  }
  const person = await platform.verified(replica)
  await request(person, newAddress('new'))
  const all = bursts * 16
  t.same(await used('confirm', await tokenFor(person, 'confirm')), { won: 1, refused: all - 1, of: all })
  t.same(await used('undo', await tokenFor(person, 'undo')), { won: 1, refused: all - 1, of: all })
  const changes = (await platform.announced(replica, person.id)).filter((type) => /email_changed/.test(type))
  t.equal(changes.length, 2)
})
