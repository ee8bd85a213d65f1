/** Guessing, from many addresses and behind one: what slows it, who still gets in, and who is told. */
import { deviceHeader } from '@gatehouse/contracts/common/services'
import t from 'tap'
import { newAddress, newPassword, openPlatform, type Person } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const { admin } = platform
const replica = await platform.replica()
type Given = { from?: string; device?: string | undefined }
const login = (email: string, password: string, { from = '203.0.113.7', device }: Given = {}) =>
  platform.ask(replica, { url: '/v1/auth/login', body: { email, password }, from, device })
const guess = (email: string, from: string, times = 1, device?: string) =>
  Promise.all(Array.from({ length: times }, () => login(email, newPassword(), { from, device })))
const deviceOf = async ({ email, password }: Person, from = '192.0.2.200'): Promise<string> =>
  String((await login(email, password, { from })).headers[deviceHeader])
const eventsOf = async (person: Person, type: string) => {
  const { events } = await replica.deps.spine.changes({ after: 0, limit: 1000 })
  return events.filter((event) => event.userid === person.id && event.type === `gatehouse.identity.${type}`)
}
const halfLifePasses = () => admin`update sign_in_counters set counted_at = counted_at - interval '3 hours'`
t.beforeEach(async () => void (await admin`delete from sign_in_counters`))

t.test(
  'ten wrong passwords from one network keep the right one out there, not elsewhere, and time forgives',
  async (t) => {
    const person = await platform.verified(replica)
    await guess(person.email, '203.0.113.7', 10)
    t.match(await login(person.email, person.password), { status: 401, body: { code: 'invalid_credentials' } })
    t.equal((await login(person.email, person.password, { from: '198.51.100.9' })).status, 200)
    await halfLifePasses()
    t.equal((await login(person.email, person.password)).status, 200)
  },
)

t.test('the lock, and the right password during it, are announced; the lock once', async (t) => {
  const person = await platform.verified(replica)
  await guess(person.email, '203.0.113.7', 14)
  t.match(await eventsOf(person, 'sign_in.locked.v1'), [
    { data: { user_id: person.id, scope: 'pair' }, clientaddress: '203.0.113.7', actor: 'system' },
  ])
  t.same(await eventsOf(person, 'sign_in.refused_while_locked.v1'), [])
  await login(person.email, person.password)
  t.match(await eventsOf(person, 'sign_in.refused_while_locked.v1'), [{ data: { user_id: person.id, scope: 'pair' } }])
})

t.test('sixty guesses from six addresses are slowed and tell somebody', async (t) => {
  const person = await platform.verified(replica)
  for (let network = 0; network < 6; network += 1)
    for (let tried = 0; tried < 10; tried += 1) await guess(person.email, `203.0.113.${network}`)
  t.equal((await login(person.email, person.password, { from: '203.0.113.5' })).status, 401)
  t.equal(
    (await login(person.email, person.password, { from: '198.51.100.8' })).status,
    200,
    'a network without failures',
  )
  const locked = await eventsOf(person, 'sign_in.locked.v1')
  t.same(locked.map(({ data }) => data['scope']).toSorted(), ['account', 'pair', 'pair'])
})

t.test(
  'a known device is let in whatever strangers did: behind the same address, from everywhere, over all accounts',
  async (t) => {
    const person = await platform.verified(replica)
    const device = await deviceOf(person)
    await guess(person.email, '203.0.113.7', 21)
    t.equal((await login(person.email, person.password, { from: '203.0.113.7' })).status, 401)
    t.equal((await login(person.email, person.password, { from: '203.0.113.7', device })).status, 200)
    await admin`update sign_in_counters set failures = 1000`
    t.equal((await login(person.email, person.password, { from: '198.51.100.77' })).status, 401)
    t.equal((await login(person.email, person.password, { from: '198.51.100.77', device })).status, 200)
  },
)

t.test('a device token counts for its account and its password only, and is no endless budget', async (t) => {
  const [person, other] = [await platform.verified(replica), await platform.verified(replica)]
  const device = await deviceOf(person)
  await guess(other.email, '203.0.113.7', 10)
  t.equal((await login(other.email, other.password, { device })).status, 401, 'of another account')
  await guess(person.email, '203.0.113.7', 10)
  for (const forged of [`${device.slice(0, 60)}xx${device.slice(62)}`, 'gthd_x', `gthd_${'A'.repeat(179)}`])
    t.equal((await login(person.email, person.password, { device: forged })).status, 401, forged)
  await guess(person.email, '203.0.113.7', 10, device)
  t.equal((await login(person.email, person.password, { device })).status, 401, 'ten failures of its own')
  await admin`delete from sign_in_counters`
  await admin`update credentials set changed_at = changed_at + interval '1 second' where user_id = (select user_id
    from emails where address = ${person.email})`
  await guess(person.email, '203.0.113.7', 10)
  t.equal((await login(person.email, person.password, { device })).status, 401, 'of an earlier password')
})

t.test('a sign-in gives a device token once, and a challenge or a refusal none', async (t) => {
  const person = await platform.verified(replica)
  const device = await deviceOf(person)
  t.match(device, /^gthd_[A-Za-z0-9_-]{179}$/)
  t.notOk((await login(person.email, person.password, { device })).headers[deviceHeader], 'it is known already')
  t.notOk((await login(person.email, newPassword())).headers[deviceHeader])
  const waiting = await platform.register(replica)
  t.notOk((await login(waiting.email, waiting.password)).headers[deviceHeader])
})

t.test('right passwords presented at once never refuse each other; wrong ones all count', async (t) => {
  const person = await platform.verified(replica)
  const right = await Promise.all(Array.from({ length: 24 }, () => login(person.email, person.password)))
  t.ok(right.every(({ status }) => status === 200))
  await guess(person.email, '192.0.2.1', 16)
  t.equal((await login(person.email, person.password, { from: '192.0.2.1' })).status, 401)
})

t.test('one IPv6 site is one guesser, whichever of its networks it uses', async (t) => {
  const person = await platform.verified(replica)
  await guess(person.email, '2001:db8:1:2::1', 10)
  t.equal((await login(person.email, person.password, { from: '2001:db8:1:2:ffff::1' })).status, 401)
  t.equal((await login(person.email, person.password, { from: '2001:db8:1:3::1' })).status, 200)
  await admin`delete from sign_in_counters where scope = 'account'`
  await guess(person.email, '2001:db8:1:4::1', 10)
  t.equal((await login(person.email, person.password, { from: '2001:db8:1:5::1' })).status, 401, 'twenty in one /56')
  t.equal((await login(person.email, person.password, { from: '2001:db8:2:5::1' })).status, 200)
})

t.test(
  'one source that fails over many accounts is stopped and announced; a known device behind it is let in',
  async (t) => {
    const narrow = await platform.replica({ IDENTITY_THROTTLE_SOURCE_LIMIT: 12 })
    const person = await platform.verified(replica)
    const device = await deviceOf(person)
    const ask = (email: string, password: string, known?: string) =>
      platform.ask(narrow, { url: '/v1/auth/login', body: { email, password }, from: '203.0.113.50', device: known })
    for (let tried = 0; tried < 12; tried += 1) await ask(newAddress(), newPassword())
    t.equal((await ask(person.email, person.password)).status, 401)
    t.equal((await ask(person.email, person.password, device)).status, 200)
    const { events } = await replica.deps.spine.changes({ after: 0, limit: 1000 })
    t.match(
      events.filter(({ type }) => type === 'gatehouse.identity.sign_in_source.limited.v1'),
      [{ clientaddress: '203.0.113.50', data: {} }],
    )
  },
)

t.test(
  'an attack that goes on does not keep a person out for good: what is refused anyway is not counted',
  async (t) => {
    const person = await platform.verified(replica)
    await guess(person.email, '203.0.113.7', 10)
    const sum = async () => Number((await admin`select sum(failures) as sum from sign_in_counters`)[0]?.['sum'])
    const before = await sum()
    await guess(person.email, '203.0.113.7', 10)
    t.ok((await sum()) <= before + 0.001)
  },
)
