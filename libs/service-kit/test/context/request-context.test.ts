/**
 * Trace context: what is well-formed is carried on, what is not begins a new trace and never travels (W3C Trace
 * Context).
 */
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import t from 'tap'
import { childTraceparent } from '../../src/context/request-context.ts'

const wellFormed = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[0-3]$/
const traceId = '0123456789abcdef0123456789abcdef'
const spanId = '0123456789abcdef'
const traceOf = (traceparent: string): string => traceparent.slice(3, 35)

t.test('a child stays in the trace, with a span of its own', async (t) => {
  const parent = `00-${traceId}-${spanId}-01`
  const [one, other] = [childTraceparent(parent), childTraceparent(parent)]
  t.match(one, wellFormed)
  t.equal(traceOf(one), traceId)
  t.not(one.slice(36, 52), spanId)
  t.not(one, other)
  t.equal(childTraceparent(`00-${traceId}-${spanId}-00`).slice(-2), '00', 'not sampled stays not sampled')
})

t.test('no flag that is not known travels, and a later version is read as far as it is known', async (t) => {
  for (const [flags, kept] of [
    ['ff', '03'],
    ['fc', '00'],
    ['81', '01'],
  ] as const) {
    const child = childTraceparent(`00-${traceId}-${spanId}-${flags}`)
    t.match(child, wellFormed)
    t.equal(child.length, 55)
    t.equal(traceOf(child), traceId)
    t.equal(child.slice(-2), kept)
  }
  t.equal(traceOf(childTraceparent(`cc-${traceId}-${spanId}-01-later`)), traceId)
})

t.test('a malformed parent begins a new trace', async (t) => {
  const malformed = [
    '',
    'nonsense',
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `ff-${traceId}-${spanId}-01`,
    `00-${traceId}-${spanId}-01-more`,
    `00-${traceId}-${spanId}`,
    `00-${traceId}-${spanId}-0g`,
    `00-${traceId}0-${spanId}-01`,
  ]
  for (const parent of malformed) {
    const child = childTraceparent(parent)
    t.match(child, wellFormed, parent)
    t.not(traceOf(child), traceId, parent)
  }
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (parent) => wellFormed.test(childTraceparent(parent))))
})
