/** Identifiers keep their type, secrets their form, ciphertexts their place, cursors and revisions their meaning. */
import { randomBytes } from 'node:crypto'
import { PolicyId } from '@gatehouse/contracts/common/ids'
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import t from 'tap'
import { Compile } from 'typebox/compile'
import { decodeRevision, encodeRevision } from '../src/context/revision.ts'
import { decodeCursor, encodeCursor, pageOf } from '../src/http/page.ts'
import { isTypeId, newId, typeIdOf, uuidOf } from '../src/ids/type-id.ts'
import { createEnvelope, parseKey } from '../src/secrets/envelope.ts'
import { hashSecret, isWellFormed, mintSecret } from '../src/secrets/opaque-token.ts'

t.test('a TypeID round-trips through its UUID and never changes type', async (t) => {
  const id = newId('ses')
  t.ok(isTypeId('ses', id))
  t.equal(typeIdOf('ses', uuidOf(id, 'ses')), id)
  t.match(uuidOf(id), /^[0-9a-f]{8}-[0-9a-f]{4}-7/, 'a UUIDv7')
  t.throws(() => uuidOf(id, 'user'), TypeError)
  for (const bad of [
    'ses_',
    'ses',
    '',
    `user_${id.slice(4)}`,
    `${id}x`,
    id.toUpperCase(),
    `ses_8${id.slice(5)}`,
    `ses_${'ü'.repeat(26)}`,
    'ses_\u0000',
    undefined,
    7,
    `_${id}`,
  ]) {
    t.notOk(isTypeId('ses', bad), `refuses ${JSON.stringify(bad)}`)
  }
  const ordered = Array.from({ length: 50 }, () => newId('evt'))
  t.same([...ordered].sort(), ordered, 'ids sort by creation')
})

t.test('a new id is what the library writes: its time, version 7, the variant, and never the same twice', async (t) => {
  const before = Date.now()
  const ids = Array.from({ length: 3_000 }, () => newId('req'))
  const uuids = ids.map((id) => uuidOf(id, 'req'))
  t.equal(new Set(ids.map((id) => id.slice(-8))).size, 3_000, 'the end is chance')
  t.same([...ids].sort(), ids)
  for (const [at, uuid] of uuids.entries()) {
    if (!/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(uuid)) t.fail(uuid)
    if (typeIdOf('req', uuid) !== ids[at]) t.fail(`${uuid} is not ${ids[at]}`)
  }
  const ms = Number.parseInt((uuids[0] ?? '').replace('-', '').slice(0, 12), 16)
  t.ok(Math.abs(ms - before) < 60_000, 'its time is readable')
  for (const bad of ['', 'Req', 'a b', '_a', 'a_', 'ä', 'x'.repeat(64)]) t.throws(() => newId(bad), bad)
})

t.test(
  'what the form of an identifier admits always is a UUID of RFC 9562, and every UUID has that form',
  async (t) => {
    const contract = Compile(PolicyId)
    const suffix = fc.string({
      unit: fc.constantFrom(...'0123456789abcdefghjkmnpqrstvwxyz'),
      minLength: 26,
      maxLength: 26,
    })
    let taken = 0
    fc.assert(
      fc.property(suffix, (chars) => {
        const id = `pol_${chars}`
        t.equal(isTypeId('pol', id), contract.Check(id), 'the contract and the code agree')
        if (!isTypeId('pol', id)) return
        taken += 1
        t.equal(typeIdOf('pol', uuidOf(id)), id)
      }),
      { numRuns: 2_000, seed: 12 },
    )
    t.ok(taken > 20, `${taken} of 2,000 random suffixes are identifiers`)
    fc.assert(
      fc.property(fc.uuid(), (uuid) => {
        const id = typeIdOf('pol', uuid)
        t.ok(isTypeId('pol', id), id)
        t.equal(uuidOf(id), uuid)
      }),
      { numRuns: 300, seed: 12 },
    )
    for (const chars of ['1', '0', '7'])
      t.notOk(isTypeId('pol', `pol_${chars.repeat(26)}`), 'right characters, and no version or variant')
  },
)

t.test('a minted secret is well-formed, and one changed character is noticed without asking anybody', async (t) => {
  const { secret, hash } = mintSecret('gthr_')
  t.match(secret, /^gthr_[A-Za-z0-9_-]{49}$/)
  t.ok(isWellFormed('gthr_', secret))
  t.ok(hash.equals(hashSecret(secret)))
  t.notOk(isWellFormed('gthv_', secret), 'another kind')
  const changed = secret.slice(0, 10) + (secret[10] === 'A' ? 'B' : 'A') + secret.slice(11)
  t.notOk(isWellFormed('gthr_', changed))
  t.notOk(isWellFormed('gthr_', ''))
})

t.test('a sealed secret opens only with its key, in its place, unchanged; old keys still open', async (t) => {
  const [oldKey, newKey] = [randomBytes(32), randomBytes(32)]
  const before = createEnvelope({ keys: [oldKey] })
  const after = createEnvelope({ keys: [newKey, oldKey] })
  const sealed = before.seal(Buffer.from('private'), 'signing-key:1')
  t.equal(after.open(sealed, 'signing-key:1').toString(), 'private')
  t.ok(after.seal(Buffer.from('x'), 'p').includes(after.keyId), 'the ciphertext names its key')
  t.throws(() => after.open(sealed, 'signing-key:2'), 'another place')
  t.throws(() => createEnvelope({ keys: [newKey] }).open(sealed, 'signing-key:1'), /No key-encryption key/)
  t.throws(() => after.open(`${sealed.slice(0, -2)}AA`, 'signing-key:1'))
  t.throws(() => createEnvelope({ keys: [randomBytes(16)] }))
  t.equal(parseKey(oldKey.toString('base64')).length, 32)
  t.throws(() => parseKey('short'))
})

t.test('cursors that this list did not give out are refused', async (t) => {
  const cursor = encodeCursor(['2026-01-01T00:00:00Z', 7])
  t.same(decodeCursor(cursor, 2), ['2026-01-01T00:00:00Z', 7])
  t.equal(decodeCursor(undefined, 2), undefined)
  const forged = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  for (const bad of [
    '',
    'x',
    '%%%',
    forged([1]),
    forged({ a: 1 }),
    forged([{}, 1]),
    forged(['a\u0000', 1]),
    Buffer.from('[1e400,1]').toString('base64url'),
    'A'.repeat(600),
  ]) {
    t.throws(() => decodeCursor(bad, 2), { code: 'invalid_cursor' }, bad.slice(0, 20))
  }
  t.throws(() => decodeCursor(cursor, 2, () => false), { code: 'invalid_cursor' })
})

t.test('a page tells whether there is more', async (t) => {
  t.same(
    pageOf([1, 2, 3], 2, (row) => [row]),
    { data: [1, 2], page: { next_cursor: encodeCursor([2]), has_more: true } },
  )
  t.same(
    pageOf([1, 2], 2, (row) => [row]),
    { data: [1, 2], page: { next_cursor: null, has_more: false } },
  )
  t.same(
    pageOf([], 2, () => []),
    { data: [], page: { next_cursor: null, has_more: false } },
  )
})

t.test('a revision is opaque, and what is not one is not read', async (t) => {
  const revision = encodeRevision([
    ['orgs', 12],
    ['authz', 3],
  ])
  t.same(decodeRevision(revision), { orgs: 12, authz: 3 })
  const big = [['identity', 2 ** 53 - 1]] as const
  t.same(decodeRevision(encodeRevision(big)), { identity: 2 ** 53 - 1 })
  t.same(decodeRevision(encodeRevision([['identity', -1]])), {}, 'nothing applied yet')
  const many = Array.from({ length: 500 }, (_, n) => encodeRevision(n % 2 === 0 ? [] : [['identity', n]]))
  t.equal(new Set(many).size, 500, 'no two are alike')
  t.equal(new Set([...many, revision, encodeRevision(big)].map(({ length }) => length)).size, 1, 'of one length')
  const changed = (at: number): string =>
    revision.slice(0, at) + (revision[at] === 'A' ? 'B' : 'A') + revision.slice(at + 1)
  for (let at = 0; at < revision.length - 1; at++) t.equal(decodeRevision(changed(at)), undefined, `changed at ${at}`)
  for (const bad of [
    '',
    '{}',
    'W10',
    Buffer.from('{"orgs":-1}').toString('base64url'),
    Buffer.from('{"orgs":"1"}').toString('base64url'),
    Buffer.from('{"__proto__":1}').toString('base64url'),
  ]) {
    t.equal(decodeRevision(bad), undefined, bad)
  }
})
