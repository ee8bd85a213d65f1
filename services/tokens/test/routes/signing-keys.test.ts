/**
 * `/v1/platform/keys`: rotation with an overlap, the emergency, and a new key-encryption key, each as its runbook has
 * it.
 */
import { randomBytes, verify } from 'node:crypto'
import { publicKeysOf, type Jwks } from '@gatehouse/access/tokens/jwks-source'
import { createEnvelope, parseKey } from '@gatehouse/service-kit/secrets/envelope'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { reseal } from '@gatehouse/service-kit/secrets/reseal'
import t from 'tap'
import { createKeyRing } from '../../src/crypto/key-ring.ts'
import { listSigningKeys } from '../../src/store/signing-keys.ts'
import { keepSigningKeys, loadKeyRing } from '../../src/use-cases/keys/keep-signing-keys.ts'
import { sealedSigningKeys } from '../../src/use-cases/keys/sealed-signing-keys.ts'
import { openPlatform, type Replica } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replicas = [await platform.replica(), await platform.replica()] as const
const [replica, other] = replicas
const { decisions } = platform
const reason = 'Exercise 12'
const operator = platform.person()
const { access_token: token } = await platform.signIn(replica, operator.id)
const freshToken = async () => (await platform.signIn(replica, operator.id)).access_token

type Key = { id: string; alg: string; status: string; sign_from: string; publish_until: string; sign_until: string }
const list = async (as = token) => {
  const answer = await platform.ask(replica, { method: 'GET', url: '/v1/platform/keys', token: as })
  return { status: answer.status, keys: answer.body['data'] as Key[] }
}
const rotate = (alg: string, on: Replica = replica, as = token) =>
  platform.ask(on, { method: 'POST', url: '/v1/platform/keys/rotate', token: as, body: { alg, reason } })
const voidKey = (kid: string, as: string, on: Replica = replica) =>
  platform.ask(on, { method: 'POST', url: `/v1/platform/keys/${kid}/void`, token: as, body: { reason } })
const kidOf = (jwt: string) =>
  (JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString()) as { kid: string }).kid
const published = async (on: Replica) =>
  ((await platform.ask(on, { method: 'GET', url: '/.well-known/jwks.json' })).body['keys'] as { kid: string }[]).map(
    ({ kid }) => kid,
  )
const statuses = (keys: readonly Key[], alg: string) => keys.filter((key) => key.alg === alg).map((key) => key.status)
const eventsAbout = async (kid: string) =>
  (await replica.deps.spine.changes({ after: 0, limit: 1000 })).events.filter(({ subject }) => subject === kid)

t.test('403: who may not is told nothing of a key; 401: nobody', async (t) => {
  const [key] = (await list()).keys
  for (const permission of ['keys.read', 'keys.rotate', 'keys.void']) decisions.denied.add(`gatehouse:${permission}`)
  t.equal((await list()).status, 403)
  t.equal((await rotate('ES256')).status, 403)
  for (const kid of [String(key?.id), newId('key')]) t.equal((await voidKey(kid, token)).status, 403)
  decisions.denied.clear()
  t.equal((await platform.ask(replica, { method: 'GET', url: '/v1/platform/keys' })).status, 401)
  t.equal((await rotate('HS256')).status, 400)
  for (const kid of ['key_nonsense', newId('key')]) t.equal((await voidKey(kid, token)).status, 404)
  t.same(statuses((await list()).keys, 'ES256'), ['signing'])
})

t.test('200 and 201: of many rotations at once one makes the next key, published before it signs', async (t) => {
  const before = (await list()).keys.find(({ alg }) => alg === 'ES256')
  const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => rotate('ES256', replicas[n % 2])))
  t.same(answers.map(({ status }) => status).sort(), [201, ...Array.from({ length: 7 }, () => 409)])
  const made = answers.find(({ status }) => status === 201)?.body as unknown as Key
  t.match(made, { alg: 'ES256', status: 'announced', voided_at: null })
  for (const one of replicas) {
    await loadKeyRing(one.deps)
    t.ok((await published(one)).includes(made.id))
  }
  t.equal(kidOf(await freshToken()), before?.id, 'the key before still signs')
  const { keys } = await list()
  t.same(statuses(keys, 'ES256'), ['announced', 'signing'])
  t.same(statuses(keys, 'RS256'), ['signing'], 'another algorithm is another rotation')
  t.equal(keys.find(({ id }) => id === before?.id)?.sign_until, made.sign_from)
  t.notMatch(JSON.stringify(keys), /private|"d"/)
  t.match(await eventsAbout(made.id), [
    { type: /signing_key\.created\.v1$/, actor: `user:${operator.id}`, data: { kid: made.id, reason } },
  ])
  await keepSigningKeys(replica.deps)
  t.equal((await list()).keys.length, keys.length, 'the scheduled rotation has nothing to do')
})

/** As any verifier has it: a key set of some age, the token's `kid`, ES256. */
function isVerifiedBy(jwks: Jwks, jwt: string): boolean {
  const key = publicKeysOf(jwks).get(kidOf(jwt))
  const [header = '', payload = '', signature = ''] = jwt.split('.')
  const signed = Buffer.from(`${header}.${payload}`)
  return (
    key !== undefined &&
    verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))
  )
}

t.test('no verification fails: each minute of a rotation, with key sets up to five minutes old', async (t) => {
  const { keys, now } = await listSigningKeys(replica.deps.system)
  const ring = createKeyRing(replica.deps.envelope)
  ring.fill(keys)
  const announced = keys.find((key) => key.signFrom > now)?.id
  const unaware = { keys: ring.jwks(now).keys.filter(({ kid }) => kid !== announced) }
  const sets: Jwks[] = Array.from({ length: 5 }, () => unaware)
  const tokens: string[] = []
  const signers = new Set<string>()
  const failed: string[] = []
  for (let minute = 0; minute < 90; minute += 1) {
    const at = new Date(now.getTime() + minute * 60_000)
    sets.push(ring.jwks(at))
    tokens.push(ring.signJwt({ typ: 'at+jwt', alg: 'ES256', claims: { minute }, now: at }))
    signers.add(kidOf(tokens.at(-1) ?? ''))
    // A token lives for five minutes, and a set is kept for as long at most: whichever two meet, they fit.
    for (const jwt of [tokens.at(-1) ?? '', tokens.at(-6) ?? tokens[0] ?? ''])
      for (const set of [sets.at(-1), sets.at(-6)])
        if (!isVerifiedBy(set ?? { keys: [] }, jwt)) failed.push(`minute ${minute}: ${kidOf(jwt)}`)
    // The replicas go on proving how current they are.
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.same(failed, [])
  t.equal(signers.size, 2, 'the key before and the next one signed')
  t.same([sets.at(0)?.keys.length, sets.at(5)?.keys.length], [2, 3])
  t.equal(sets.at(-1)?.keys.length, 2, 'the key before is gone from the set after an hour')
})

t.test('204: a voided key is refused through the feed, signs nothing, and a new one begins at once', async (t) => {
  const session = await platform.signIn(replica, operator.id)
  const kid = kidOf(session.access_token)
  const asked = Array.from({ length: 16 }, (_, n) => voidKey(kid, session.access_token, replicas[n % 2]))
  const codes = (await Promise.all(asked)).map(({ status }) => status)
  t.ok(codes.includes(204))
  t.ok(
    codes.every((code) => code === 204 || code === 401),
    'the token that asked may be void before its turn comes',
  )
  const about = await eventsAbout(kid)
  t.equal(about.filter(({ type }) => type.endsWith('signing_key.voided.v1')).length, 1, 'one event')
  t.match(about.at(-1), { actor: `user:${operator.id}`, data: { kid, reason } })
  const floors = await platform.askRaw(replica, { method: 'GET', url: '/internal/snapshot?view=floors' })
  t.match(floors.body, JSON.stringify({ kind: 'kid', id: kid, void: true }), 'a starting gateway learns of it')
  await Promise.all(replicas.map(({ deps }) => keepSigningKeys(deps)))
  for (const one of replicas) t.notOk((await published(one)).includes(kid))

  const refreshed = await platform.refresh(other, session.refresh_token)
  t.equal(refreshed.status, 200, 'sessions stay')
  const fresh = String(refreshed.body['access_token'])
  t.not(kidOf(fresh), kid)
  t.ok((await published(replica)).includes(kidOf(fresh)), 'known to every replica')
  const { keys } = await list(fresh)
  t.same(statuses(keys, 'ES256').filter((status) => status === 'signing').length, 1)
  t.match(
    keys.find(({ id }) => id === kid),
    { status: 'voided', voided_at: /Z$/ },
  )
  t.equal((await voidKey(kid, fresh)).status, 204, 'the same once more')
  t.equal((await eventsAbout(kid)).length, about.length, 'unannounced')
})

t.test(
  'a new key-encryption key: sealed anew, resumed where a round broke off, and what cannot be opened is counted',
  async (t) => {
    const old = parseKey(platform.keyEncryptionKey)
    const [fresh, foreign] = [randomBytes(32), randomBytes(32)]
    const [both, alone] = [createEnvelope({ keys: [fresh, old] }), createEnvelope({ keys: [fresh] })]
    const kind = { ...sealedSigningKeys(replica.deps), envelope: both }
    const { keys } = await listSigningKeys(replica.deps.system)
    t.throws(() => createKeyRing(alone).fill(keys), /No key-encryption key/)
    let replaced = 0
    const breaksOff = reseal({
      ...kind,
      replace: (row, to) => (replaced++ === 1 ? Promise.reject(new Error('killed')) : kind.replace(row, to)),
    })
    await t.rejects(breaksOff, /killed/)
    const rounds = await Promise.all([reseal(kind), reseal(kind)])
    t.ok(rounds.every(({ left }) => left === 0))
    t.same(await reseal(kind), { resealed: 0, left: 0 }, 'nothing is left')
    const ring = createKeyRing(alone)
    const { keys: sealed, now } = await listSigningKeys(replica.deps.system)
    ring.fill(sealed)
    t.ok(ring.canSign(now), 'the old key may be forgotten')
    t.same(ring.jwks(now), replica.deps.keyRing.jwks(now), 'and they are the same keys')
    await loadKeyRing(replica.deps)
    t.ok(kidOf((await platform.signIn(replica, operator.id)).access_token), 'a replica that has them open goes on')
    const stranger = { ...kind, envelope: createEnvelope({ keys: [foreign, old] }) }
    t.same(await reseal(stranger), { resealed: 0, left: sealed.length }, 'counted, and left as they are')
  },
)
