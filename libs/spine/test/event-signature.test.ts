// Signatures of events: one for a batch, checked event by event, and good for nothing but the bytes and the producer
// they are of.
import t from 'tap'
import { generateServiceKey } from '@gatehouse/access/tokens/assertion'
import { createEventSigner, createEventVerifier } from '../src/nats/event-signature.ts'

const tokens = generateServiceKey('tokens')
const orgs = generateServiceKey('orgs')
const signer = createEventSigner(tokens.privateJwk)
const verifier = createEventVerifier({ keys: [tokens.publicJwk, orgs.publicJwk] })
const payloadsOf = (count: number) => Array.from({ length: count }, (_, i) => `{"position":${i}}`)
const holds = (payload: string, signature: string, producer: 'tokens' | 'orgs' = 'tokens') =>
  verifier.isSignedBy(producer, Buffer.from(payload), signature)

t.test('every event of a batch of any size holds, at its place alone', async (t) => {
  for (let size = 1; size <= 70; size += 1) {
    const payloads = payloadsOf(size)
    const signatures = signer.sign(payloads)
    t.equal(signatures.length, size)
    t.ok(
      payloads.every((payload, i) => holds(payload, signatures[i] ?? '')),
      `a batch of ${size}`,
    )
    const isMoved = payloads.some((payload, i) => size > 1 && holds(payload, signatures[(i + 1) % size] ?? ''))
    t.notOk(isMoved, `no event of ${size} holds at the place of its neighbour`)
  }
  t.same(signer.sign([]), [])
})

t.test('a changed byte, another producer and an unpinned key do not hold', async (t) => {
  const [first = '', second = ''] = payloadsOf(2)
  const [signature = ''] = signer.sign([first, second])
  t.ok(holds(first, signature))
  t.notOk(holds(`${first} `, signature))
  t.notOk(holds(second, signature))
  t.notOk(holds(first, signature, 'orgs'), 'orgs did not sign it')
  const [byOrgs = ''] = createEventSigner(orgs.privateJwk).sign([first])
  t.ok(holds(first, byOrgs, 'orgs'))
  t.notOk(holds(first, byOrgs), 'nor tokens that')
  const [stranger = ''] = createEventSigner(generateServiceKey('tokens').privateJwk).sign([first])
  t.notOk(holds(first, stranger))
  const [renamed = ''] = createEventSigner({ ...orgs.privateJwk, kid: tokens.publicJwk.kid ?? '' }).sign([first])
  t.notOk(holds(first, renamed), 'a borrowed kid is not its key')
})

t.test('every part of a signature counts', async (t) => {
  const payloads = payloadsOf(5)
  const signature = signer.sign(payloads)[2] ?? ''
  const payload = payloads[2] ?? ''
  const parts = signature.split('.')
  t.equal(parts.length, 5)
  const withPart = (at: number, value: string) => parts.map((part, i) => (i === at ? value : part)).join('.')
  const odd: Record<string, string> = {
    'another index': withPart(1, '3'),
    'an index beyond the size': withPart(1, '5'),
    'another size': withPart(2, '4'),
    'a huge size': withPart(2, '99999'),
    'size 0': withPart(2, '0'),
    'another proof': withPart(3, 'A'.repeat(86)),
    'no path': withPart(4, ''),
    'half a path': withPart(4, (parts[4] ?? '').slice(0, 43)),
    'too long a path': withPart(4, `${parts[4]}${'A'.repeat(43)}`),
    nothing: '',
    'a JWT': 'eyJhbGciOiJFUzI1NiJ9.e30.AAAA',
    'something else': 'x',
  }
  t.ok(holds(payload, signature))
  for (const [what, changed] of Object.entries(odd)) t.notOk(holds(payload, changed), what)
})

t.test('an inner node is no event, and an event is no inner node', async (t) => {
  const { createHash } = await import('node:crypto')
  const sha256 = (...data: Uint8Array[]) => createHash('sha256').update(Buffer.concat(data)).digest()
  const [left = '', right = ''] = payloadsOf(2)
  const [signature = ''] = signer.sign([left, right])
  const leaf = (payload: string) => sha256(Buffer.of(0), Buffer.from(payload))
  const inner = Buffer.concat([Buffer.of(1), leaf(left), leaf(right)])
  const parts = signature.split('.')
  const asRoot = [parts[0], '0', '1', parts[3], ''].join('.')
  t.notOk(verifier.isSignedBy('tokens', inner.subarray(1), asRoot))
  t.notOk(verifier.isSignedBy('tokens', inner, asRoot))
})
