/**
 * People from another system: what each line becomes, that every kind of hash signs in once and is ours afterwards, and
 * the way to another instance.
 */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { parseStoredHash, verifyStoredHash } from '../../src/passwords/stored-hash.ts'
import { newAddress, openPlatform, type Platform, type Replica } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const { admin, tokens, operators } = platform
const replicas = [await platform.replica(), await platform.replica()] as const
const [replica] = replicas
const operator = newId('user')
operators.ids.add(operator)
const reason = 'Move from the old shop'

type Line = { external_id: string; email: string; name: string } & Record<string, unknown>
type Outcome = { external_id: string; status: string; user_id?: string; reason?: string }
let count = 0
const line = (more: Record<string, unknown> = {}): Line => ({
  external_id: `shop-${(count += 1)}`,
  email: newAddress(),
  name: 'Ada',
  ...more,
})
const send = (people: unknown, o: { on?: Replica; at?: Platform; token?: string } = {}) =>
  (o.at ?? platform).ask(o.on ?? replica, {
    url: '/v1/platform/imports/people',
    token: o.token ?? (o.at ?? platform).tokens.accessTokenFor(operator),
    body: { reason, people },
  })
const outcomes = async (people: Line[], o: Parameters<typeof send>[1] = {}) => {
  const { status, body } = await send(people, o)
  if (status !== 200) throw new Error(`import was answered with ${status}: ${JSON.stringify(body)}`)
  return body['data'] as Outcome[]
}
const login = (email: string, password: string, on: Replica = replica, at = platform) =>
  at.ask(on, { url: '/v1/auth/login', body: { email, password } })
const phcOf = async (email: string) =>
  String(
    (await admin`select phc from credentials c join emails e using (user_id) where address = ${email}`)[0]?.['phc'],
  )

const b64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64')
const signerKey = 'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=='
/**
 * Vectors that others published: of RFC 7914 §11 and §12, RFC 6070, crypt_blowfish, the argon2 reference, and
 * Firebase's own tool.
 */
const vectors = {
  bcrypt: { password: 'U*U', hash: '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW' },
  argon2i: {
    password: 'password',
    hash: '$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA',
  },
  scrypt: {
    password: 'pleaseletmein',
    hash:
      `$scrypt$ln=14,r=8,p=1$${Buffer.from('SodiumChloride').toString('base64')}$` +
      b64(
        '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2' +
          'd5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
      ),
  },
  pbkdf2: {
    password: 'password',
    hash:
      `$pbkdf2-sha1$i=4096$${Buffer.from('salt').toString('base64')}$` +
      b64('4b007901b765489abead49d926f721d065a429c1'),
  },
  firebase: {
    password: 'user1password',
    hash:
      `$firebase-scrypt$ln=14,r=8$42xEC+ixf3L2lw==$Bw==$${signerKey}$` +
      'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
  },
}

t.test('403, 401, 400: operators only, and a closed shape', async (t) => {
  const stranger = tokens.accessTokenFor(newId('user'))
  t.equal((await send([line()], { token: stranger })).status, 403)
  t.equal((await platform.ask(replica, { url: '/v1/platform/imports/people', body: {} })).status, 401)
  for (const people of [
    [],
    [{ ...line(), admin: true }],
    [line({ password_hash: 'plain' })],
    Array.from({ length: 201 }, () => line()),
  ])
    t.equal((await send(people)).status, 400)
  t.equal((await admin`select from imported_people`).length, 0)
})

t.test('200: every kind of hash signs in, a wrong password does not, and the hash is ours afterwards', async (t) => {
  const people = Object.values(vectors).map(({ hash }) => line({ password_hash: hash }))
  const made = await outcomes(people)
  t.ok(made.every(({ status, user_id: id }) => status === 'created' && id !== undefined))
  for (const [index, [kind, { password, hash }]] of Object.entries(vectors).entries()) {
    const email = people[index]?.email ?? ''
    t.match(await login(email, `${password}x`), { status: 401, body: { code: 'invalid_credentials' } }, kind)
    t.equal(await phcOf(email), hash, 'kept as it came until then')
    t.match(await login(email, password), { status: 200, body: { status: 'authenticated' } }, kind)
    t.match(await phcOf(email), /^\$argon2id\$/, kind)
    t.equal((await login(email, password)).status, 200, `${kind}: and again`)
  }
})

t.test('200: one outcome a line, whatever the others are', async (t) => {
  const proven = await platform.verified(replica)
  const squatted = await platform.register(replica)
  const lines = [
    line({ email: proven.email }),
    line({ email: squatted.email, name: 'The owner', password_hash: vectors.bcrypt.hash }),
    line({ password_hash: '$md5$c29tZQ$c29tZQ' }),
    line({ password_hash: '$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW' }),
    line({ time_zone: 'Mars/Olympus' }),
    line({ email: 'ada@xn--0.test' }),
    line({ locale: 'de', time_zone: 'Europe/Berlin' }),
  ]
  const made = await outcomes(lines)
  t.same(
    made.map(({ status, reason: why }) => why ?? status),
    [
      'address_taken',
      'created',
      'hash_unsupported',
      'hash_unsupported',
      'time_zone_unknown',
      'address_unusable',
      'created',
    ],
  )
  t.same(
    made.map(({ external_id: id }) => id),
    lines.map(({ external_id: id }) => id),
    'in order',
  )
  t.equal((await login(squatted.email, vectors.bcrypt.password)).status, 200, 'the other system has proven the address')
  const events = (await replica.deps.spine.changes({ after: 0, limit: 1000 })).events
  t.match(
    events.find(({ subject }) => subject === made[6]?.user_id),
    { type: /user\.registered\.v1$/, actor: `user:${operator}`, data: { via: 'import', reason, email_verified: true } },
  )
  t.notMatch(JSON.stringify(events), lines[6]?.email ?? '-')
})

t.test('the same lines again, at once and on two replicas, are the same people', async (t) => {
  const lines = Array.from({ length: 20 }, () => line({ password_hash: vectors.bcrypt.hash }))
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, n) =>
      outcomes(n % 2 === 0 ? lines : [...lines].reverse(), { on: replicas[n % 2] ?? replica }),
    ),
  )
  const all = answers.flat()
  t.equal(all.filter(({ status }) => status === 'created').length, 20)
  t.equal(all.filter(({ status }) => status === 'unchanged').length, 140)
  t.equal(new Set(all.map(({ user_id: id }) => id)).size, 20)
})

t.test('who brings no hash has no password anybody knows, and sets one by mail', async (t) => {
  const person = line()
  await outcomes([person])
  t.equal((await login(person.email, 'anything at all')).status, 401)
  const token = await platform.resetToken(replica, person.email)
  const password = 'a new password of my own'
  t.equal((await platform.ask(replica, { url: '/v1/auth/password/reset', body: { token, password } })).status, 204)
  t.equal((await login(person.email, password)).status, 200)
})

t.test('what is exported here signs in there', async (t) => {
  const person = line({ password_hash: vectors.scrypt.hash, locale: 'de' })
  await outcomes([person])
  const read = (token: string) =>
    platform.ask(replica, {
      method: 'GET',
      url: `/v1/platform/exports/people?reason=${encodeURIComponent(reason)}`,
      token,
    })
  t.equal((await read(tokens.accessTokenFor(newId('user')))).status, 403)
  t.match((await read(tokens.accessTokenFor(operator, { signedInSecondsAgo: 3600 }))).body, {
    code: 'insufficient_user_authentication',
  })
  const file = await read(tokens.accessTokenFor(operator))
  t.equal(file.status, 200)
  const lines = String(file.body['text'])
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text) as Line)
  t.same(
    lines.find(({ email }) => email === person.email),
    person,
  )
  t.ok((await platform.announced(replica)).includes('people_export.begun.v1'))

  const there = await openPlatform(t)
  const target = await there.replica()
  there.operators.ids.add(operator)
  const made = await outcomes(lines, { at: there, on: target })
  t.ok(made.every(({ status }) => status === 'created'))
  t.equal((await login(person.email, vectors.scrypt.password, target, there)).status, 200)
})

t.test('hashes that are none, or would cost too much, are refused', async (t) => {
  for (const { hash, password } of Object.values(vectors)) {
    t.ok(await verifyStoredHash(hash, password))
    t.equal(parseStoredHash(`${hash}$`), undefined)
    t.equal(parseStoredHash(hash.slice(1)), undefined)
  }
  for (const hash of [
    '',
    '$2b$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
    '$2b$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
    '$argon2id$v=19$m=9999999,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA',
    '$argon2id$v=19$m=65536,t=999,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA',
    vectors.scrypt.hash.replace('ln=14', 'ln=24'),
    vectors.scrypt.hash.replace('p=1', 'p=16'),
    vectors.pbkdf2.hash.replace('i=4096', 'i=9999999'),
    vectors.pbkdf2.hash.replace('sha1', 'md5'),
    `$pbkdf2-sha256$i=1000$c2FsdA==$${b64('aabb')}`,
    vectors.firebase.hash.replace(signerKey, 'AAAA'),
  ])
    t.equal(parseStoredHash(hash), undefined, hash)
})
