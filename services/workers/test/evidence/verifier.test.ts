/**
 * An export of the audit trail proves itself: whatever is changed, removed or moved in it is found, each planted here.
 */
import { createPublicKey } from 'node:crypto'
import { generateServiceKey } from '@gatehouse/access/tokens/assertion'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import {
  beginningOf,
  canonicalJson,
  leafOf,
  linkOf,
  merkleTree,
  rootFrom,
  type EvidenceRecord,
} from '../../src/evidence/audit-chain.ts'
import { checkpointType, exportType } from '../../src/evidence/audit-statement.ts'
import { createVerifier, type EvidenceLine, type Verdict } from '../../src/evidence/verifier.ts'
import { createAuditSigner, type AuditSigner } from '../../src/providers/audit-signer.ts'

const signerWith = (name: 'workers' | 'orgs') => {
  const { privateJwk } = generateServiceKey(name)
  return createAuditSigner(JSON.stringify(privateJwk))
}
const signer = signerWith('workers')
const keys = new Map([[signer.key.kid, createPublicKey({ key: signer.key.jwk as never, format: 'jwk' })]])
const chain = newId('org')
const length = 9
/** Where checkpoints were made. */
const checkpointsAt = [3, 7]

const recordOf = (n: number): EvidenceRecord => ({
  id: newId('aud'),
  occurred_at: `2026-11-24T03:00:0${n}.123456Z`,
  producer: 'orgs',
  action: 'membership.updated',
  outcome: 'success',
  actor: { type: 'user', id: newId('user') },
  target: { type: 'membership', id: newId('mem') },
  organization_id: chain,
  user_id: newId('user'),
  personal: { of: newId('user'), sealed: `v1.key.nonce.${n}` },
  client_address: null,
  user_agent: null,
  request_id: newId('req'),
  correlation_id: newId('req'),
  data: { changed: ['attributes'], n, nested: { b: 1, a: [true, null, 'ö'] } },
})
const records = Array.from({ length }, (_, n) => recordOf(n))

/** What a platform whose key is `by` exports of these records. */
function exportOf(given: readonly EvidenceRecord[], { by = signer, after = 0, name = chain } = {}): EvidenceLine[] {
  let previous = beginningOf(name)
  const hashes = given.map((record) => (previous = linkOf(previous, record)).toString('hex'))
  const begin = after === 0 ? beginningOf(name).toString('hex') : (hashes[after - 1] ?? '')
  const head = hashes.at(-1) ?? begin
  const lines = given.map((record, at): EvidenceLine => ({
    type: 'record',
    seq: at + 1,
    hash: hashes[at] ?? '',
    record,
  }))
  const made = checkpointsAt.filter((at) => at >= after && at <= given.length)
  const claims = { chain: name, after, length: given.length, head, exported_at: '2026-11-25T00:00:00.000Z' }
  return [
    { type: 'chain', chain: name, after, hash: begin },
    ...made.map((at) => checkpointOf(by, name, at, hashes[at - 1] ?? '')),
    ...lines.slice(after),
    { type: 'end', length: given.length, head, statement: by.sign(exportType, claims) },
  ]
}

/** One of five chains that grew, at the odd place of the tree. */
function checkpointOf(by: AuditSigner, name: string, at: number, head: string): EvidenceLine {
  const heads = Array.from({ length: 5 }, (_, n) => ({ chain: newId('org'), length: n, head: '00' }))
  heads[4] = { chain: name, length: at, head }
  const { root, paths } = merkleTree(heads.map((one) => leafOf(one)))
  const claims = { root: root.toString('hex'), size: 5, made_at: '2026-11-24T04:00:00.000Z' }
  const path = (paths[4] ?? []).map((node) => node.toString('hex'))
  return { type: 'checkpoint', length: at, head, index: 4, size: 5, path, statement: by.sign(checkpointType, claims) }
}

function verdictOf(lines: readonly unknown[]): Verdict {
  const verifier = createVerifier(keys)
  for (const line of lines) verifier.take(typeof line === 'string' ? line : JSON.stringify(line))
  return verifier.finish()
}
const whole = exportOf(records)
const firstRecord = whole.findIndex(({ type }) => type === 'record')
const isHeld = { faults: [], chain, records: length, checkpoints: 2, checkpointed: 7 }

t.test('what nobody touched holds, in whatever order members are written, whole or from a record on', async (t) => {
  t.same(verdictOf(whole), isHeld)
  t.same(verdictOf(whole.map((line) => canonicalJson(line))), isHeld)
  t.same(verdictOf(exportOf(records, { after: 7 })), { ...isHeld, records: 2, checkpoints: 1 })
  t.same(verdictOf(exportOf([])), { ...isHeld, records: 0, checkpoints: 0, checkpointed: 0 })
})

t.test('every member of every record counts', async (t) => {
  for (const [at, record] of records.entries())
    for (const name of Object.keys(record) as (keyof EvidenceRecord)[]) {
      for (const changed of [
        { ...record, [name]: 'other' },
        { ...record, [name]: undefined },
        { ...record, more: 1 },
      ]) {
        const lines = whole.with(firstRecord + at, { ...whole[firstRecord + at], record: changed } as EvidenceLine)
        t.match(verdictOf(lines).faults[0], new RegExp(`^record ${at + 1} .*was changed`), `${name} of ${at + 1}`)
      }
    }
})

t.test('a record that is removed is named, the first, one between, the last', async (t) => {
  for (let at = 0; at < length; at += 1) {
    const { faults } = verdictOf(whole.toSpliced(firstRecord + at, 1))
    t.ok(
      faults.some((fault) => fault.startsWith(`record ${at + 1} is missing`)),
      faults.join('; '),
    )
  }
  t.match(verdictOf(whole.toSpliced(firstRecord + 2, 3)).faults[0], /^records 3 to 5 are missing/)
})

t.test('records that change places are found, also when they take each other’s number', async (t) => {
  for (let at = 0; at + 1 < length; at += 1) {
    const [one, two] = [whole[firstRecord + at], whole[firstRecord + at + 1]] as (EvidenceLine & { type: 'record' })[]
    if (!one || !two) throw new Error('no such records')
    t.ok(verdictOf(whole.toSpliced(firstRecord + at, 2, two, one)).faults.length > 0)
    const renumbered = [
      { ...two, seq: one.seq },
      { ...one, seq: two.seq },
    ]
    t.match(verdictOf(whole.toSpliced(firstRecord + at, 2, ...renumbered)).faults[0], /was changed, or does not belong/)
  }
  const repeated = whole.toSpliced(firstRecord + 1, 0, whole[firstRecord] as EvidenceLine)
  t.match(verdictOf(repeated).faults[0], /moved or repeated/)
})

t.test('whoever rules the database and makes all hashes anew is given away by the checkpoints', async (t) => {
  for (const at of [0, 2, 5, 6]) {
    const forged = records.with(at, { ...(records[at] as EvidenceRecord), action: 'membership.removed' })
    const rewritten = exportOf(forged).filter(({ type }) => type !== 'checkpoint')
    const checkpoints = whole.filter(({ type }) => type === 'checkpoint')
    const { faults } = verdictOf(rewritten.toSpliced(1, 0, ...checkpoints))
    t.ok(
      faults.some((fault) => fault.includes('changed since the checkpoint')),
      faults.join('; '),
    )
  }
  const forged = exportOf(records.with(0, { ...(records[0] as EvidenceRecord), action: 'membership.removed' }))
  const dressed = forged.map((line, at): EvidenceLine => {
    const signed = whole[at]
    if (line.type !== 'checkpoint' || signed?.type !== 'checkpoint') return line
    return { ...signed, head: line.head }
  })
  t.match(verdictOf(dressed).faults, [/checkpoint at record 3 does not hold/, /checkpoint at record 7 does not hold/])
  const shortened = exportOf(records.slice(0, 5)).toSpliced(
    1,
    0,
    ...whole.filter(({ type }) => type === 'checkpoint').slice(1),
  )
  t.match(verdictOf(shortened).faults, [/^record 7 is missing, and a checkpoint/])
})

t.test('another key, another chain, another place in the tree, a cut: none of them holds', async (t) => {
  const stranger = verdictOf(exportOf(records, { by: signerWith('orgs') }))
  t.match(stranger.faults, [/checkpoint at record 3 is not signed/, /checkpoint at record 7/, /the end is not signed/])
  t.equal(verdictOf(exportOf(records, { name: newId('org') })).faults.length, length)
  const checkpoint = whole[1] as EvidenceLine & { type: 'checkpoint' }
  for (const wrong of [
    { index: 3 },
    { size: 6 },
    { length: 4 },
    { path: checkpoint.path.slice(1) },
    { path: [...checkpoint.path, '00'] },
    { path: checkpoint.path.map(() => '00'.repeat(32)) },
    { statement: checkpoint.statement.slice(0, -4) + 'AAAA' },
    { statement: (whole.at(-1) as EvidenceLine & { type: 'end' }).statement },
    { path: 'none' },
    { statement: null },
  ])
    t.ok(verdictOf(whole.with(1, { ...checkpoint, ...wrong } as EvidenceLine)).faults.length > 0, JSON.stringify(wrong))
  t.match(verdictOf(whole.slice(0, -1)).faults, [/cut off/])
  t.match(verdictOf(whole.slice(1)).faults[0], /before the chain/)
  t.match(verdictOf([...whole, whole[firstRecord]]).faults, [/follows the end/])
  t.match(verdictOf([whole[0], '{"type":', ...whole.slice(1)]).faults, [/no line of an export/])
  for (const line of ['null', '7', '[]', '{}', '{"type":"other"}', ''])
    t.match(verdictOf([whole[0], line, ...whole.slice(1)]).faults, [/no line of an export/], line)
})

t.test('a tree of any size proves each of its leaves and nothing else', async (t) => {
  for (let size = 1; size <= 17; size += 1) {
    const leaves = Array.from({ length: size }, (_, n) => leafOf(n))
    const { root, paths } = merkleTree(leaves)
    for (const [index, leaf] of leaves.entries()) {
      const path = paths[index] ?? []
      t.ok(rootFrom(leaf, { index, size, path })?.equals(root), `${index} of ${size}`)
      t.notOk(rootFrom(leafOf('other'), { index, size, path })?.equals(root))
    }
    t.equal(rootFrom(leaves[0] as Buffer, { index: size, size, path: [] }), undefined)
  }
})

t.test('canonical JSON is that of RFC 8785', async (t) => {
  const given = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 }
  t.equal(canonicalJson(given), '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"\ud83d\ude00":5,"\ufb33":3}')
  t.equal(canonicalJson([333333333.3333333, 1e30, 4.5, 2e-3, 1e-27, -0]), '[333333333.3333333,1e+30,4.5,0.002,1e-27,0]')
  t.equal(canonicalJson({ b: [{ d: 1, c: null }], a: undefined }), '{"b":[{"c":null,"d":1}]}')
})
