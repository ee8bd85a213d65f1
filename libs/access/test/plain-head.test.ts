/** The head of a request is read by what it says, whatever heads were read before it. */
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import t from 'tap'
import { createHeadReader } from '../src/serve/plain-head.ts'

const usual: readonly (readonly [string, string])[] = [
  ['Host', 'authz:8080'],
  ['authorization', 'Bearer assertion'],
  ['gatehouse-access-token', 'token'],
  ['x-request-id', 'req-1'],
  ['content-type', 'application/json'],
  ['content-length', '20'],
  ['traceparent', 'parent'],
  ['gatehouse-client-address', '192.0.2.1'],
  ['accept', '*/*'],
]
const strange: readonly (readonly [string, string])[] = [
  ['host', 'a/b'],
  ['Host', 'other'],
  ['Authorization', 'Basic x'],
  ['transfer-encoding', 'chunked'],
  ['Idempotency-Key', 'k'],
  ['content-length', '9999'],
  ['content-length', '+5'],
  ['content-type', 'text/plain'],
  ['x-request-id', 'a\tb'],
  ['user-agent', 'curl'],
]
const limit = 100
const heads = fc
  .tuple(fc.shuffledSubarray([...usual], { minLength: 6 }), fc.array(fc.constantFrom(...strange), { maxLength: 2 }))
  .chain(([some, odd]) => fc.shuffledSubarray([...some, ...odd], { minLength: some.length }))
  .map((headers) => headers.flat())

t.test('a reader that has read other heads reads the next as a new one does', async (t) => {
  let read = 0
  fc.assert(
    fc.property(fc.array(heads, { minLength: 2, maxLength: 12 }), (sequence) => {
      const reader = createHeadReader()
      for (const head of sequence) {
        const found = reader(head, limit)
        t.same(found, createHeadReader()(head, limit))
        if (found !== undefined) read += 1
      }
    }),
    { numRuns: 300 },
  )
  t.ok(read > 50, `${read} heads were usual ones`)
})

t.test('a head is usual whatever the case and the order of its names', async (t) => {
  const reader = createHeadReader()
  const expected = {
    assertion: 'assertion',
    accessToken: 'token',
    requestId: 'req-1',
    traceparent: 'parent',
    correlationId: undefined,
    clientAddress: '192.0.2.1',
  }
  const upper = usual.map(([name, value]): [string, string] => [name.toUpperCase(), value])
  for (const head of [usual, usual, [...usual].reverse(), upper]) t.same(reader(head.flat(), limit), expected)
})

t.test('what stands twice, stands wrongly or changes how the rest is read is not usual, every time', async (t) => {
  const reader = createHeadReader()
  const without = (name: string) => usual.filter(([one]) => one.toLowerCase() !== name)
  for (const odd of [
    [...usual, ['host', 'authz:8080']],
    [...usual, ['X-Request-Id', 'req-2']],
    [...usual, ['expect', '100-continue']],
    [...usual, ['TE', 'trailers']],
    [...without('host'), ['host', 'a/b']],
    without('host'),
    without('x-request-id'),
    without('gatehouse-access-token'),
    [...without('content-length'), ['content-length', '101']],
    [...without('content-length'), ['content-length', '0']],
    [...without('content-length'), ['content-length', '1e1']],
  ])
    for (let time = 0; time < 2; time += 1) {
      t.not(reader(usual.flat(), limit), undefined)
      t.equal(reader(odd.flat(), limit), undefined, JSON.stringify(odd.at(-1)))
    }
})
