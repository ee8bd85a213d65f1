/** One parser for all bodies: what is I-JSON (RFC 7493) arrives unchanged, anything else is refused with its place. */
import { isAppError } from '../src/errors/app-error.ts'
import { isExactNumber } from '../src/http/exact-number.ts'
import { parseJsonBody } from '../src/http/json-body.ts'
import { findFlaw } from '../src/http/json-flaw.ts'
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import t from 'tap'

const parse = (text: string): unknown => parseJsonBody(Buffer.from(text))

/** The refusal's detail, or undefined when the text was taken. */
function refusalOf(text: string | Buffer): string | undefined {
  try {
    parseJsonBody(Buffer.from(text))
    return undefined
  } catch (err) {
    if (!isAppError(err, 'malformed_request')) throw err
    return err.detail ?? ''
  }
}

t.test('each flaw is refused with its line and column', async (t) => {
  const flawed: [string, string, string][] = [
    ['a member twice', '{"a":1,"a":2}', 'repeats a member (line 1, column 8)'],
    ['the same value twice', '{"a":1,"a":1}', 'repeats a member (line 1, column 8)'],
    ['twice by an escape', '{"a":1,"\\u0061":2}', 'repeats a member (line 1, column 8)'],
    ['twice below', '{\n  "x": [\n    {"b": 1, "c": 2, "b": 3}\n  ]\n}', 'repeats a member (line 3, column 22)'],
    ['twice, the first one an object', '{"a":{"b":1,"c":2},"a":1}', 'repeats a member (line 1, column 20)'],
    ['twice, and a colon in a text', '{"a":"x:y","a":":"}', 'repeats a member (line 1, column 12)'],
    ['twice, and an escaped colon for it', '{"a":"\\u003a","a":"\\u003a"}', 'repeats a member (line 1, column 15)'],
    ['twice the empty name', '{"":1,"":2}', 'repeats a member (line 1, column 7)'],
    ['2^53 + 1', '{"a":9007199254740993}', 'holds a number that a double cannot hold exactly (line 1, column 6)'],
    ['2^53 + 1 in a list', '{"a":[1, 9007199254740993]}', 'exactly (line 1, column 10)'],
    ['2^53 + 1 after spaces', '{"a":\t 9007199254740993}', 'exactly (line 1, column 8)'],
    ['2^53 + 1 alone', '9007199254740993', 'exactly (line 1, column 1)'],
    ['negative', '{"a":-9007199254740993}', 'exactly (line 1, column 6)'],
    ['2^53 + 1 by an exponent', '{"a":9.007199254740993e15}', 'exactly (line 1, column 6)'],
    ['2^53 + 1 with a fraction', '{"a":9007199254740993.0}', 'exactly (line 1, column 6)'],
    ['too large', '{"a":1e999}', 'exactly (line 1, column 6)'],
    ['too small', '{"a":1e-999}', 'exactly (line 1, column 6)'],
    ['too fine', '{"a":0.12345678901234567890}', 'exactly (line 1, column 6)'],
    ['just above one', '{"a":1.00000000000000000001}', 'exactly (line 1, column 6)'],
    ['__proto__', '{"a":{"__proto__":1}}', 'holds a forbidden key (line 1, column 7)'],
    ['constructor.prototype', '{"constructor":{"prototype":1}}', 'holds a forbidden key (line 1, column 17)'],
    ['__proto__ by an escape', '{"\\u005f_proto__":1}', 'holds a forbidden key (line 1, column 2)'],
    ['__proto__ beside a colon in a text', '{"a":"x:y","__proto__":{}}', 'holds a forbidden key (line 1, column 12)'],
    [
      'constructor.prototype, and a number',
      '{"constructor":{"prototype":{}},"n":1}',
      'forbidden key (line 1, column 17)',
    ],
    ['a NUL', '{"a":"x\\u0000"}', 'holds text that cannot be stored (line 1, column 6)'],
    ['half a pair', '{"a\\ud800":1}', 'holds text that cannot be stored (line 1, column 2)'],
    ['33 levels', `${'['.repeat(33)}${']'.repeat(33)}`, 'is nested too deeply (line 1, column 33)'],
    ['33 levels, large', `${'['.repeat(33)}"${'x'.repeat(70_000)}"${']'.repeat(33)}`, 'too deeply (line 1, column 33)'],
    ['100,000 levels', '['.repeat(100_000), 'is nested too deeply (line 1, column 33)'],
    ['a comma too many', '{"a":1,}', 'is not valid JSON (line 1, column 8)'],
    ['cut off', '{"a":', 'is not valid JSON (line 1, column 6)'],
    ['a line feed in a text', '{"a":"x\n"}', 'is not valid JSON (line 1, column 8)'],
    ['a leading zero', '{"a":01}', 'is not valid JSON (line 1, column 7)'],
    ['two documents', '{} {}', 'is not valid JSON (line 1, column 4)'],
    ['a byte order mark', '\ufeff{}', 'is not valid JSON (line 1, column 1)'],
    ['NaN', '[NaN]', 'is not valid JSON (line 1, column 2)'],
    ['a wrong escape', '["\\x"]', 'is not valid JSON (line 1, column 3)'],
    ['the wrong bracket', '[}', 'is not valid JSON (line 1, column 2)'],
  ]
  for (const [name, text, detail] of flawed) t.match(refusalOf(text), detail, name)
  t.match(refusalOf(Buffer.from([0x22, 0xff, 0x22])), 'not valid UTF-8')
  const halfCharacter = Buffer.from([...Buffer.from('{"a":"\ufffd'), 0xe7, 0x81, ...Buffer.from('"}')])
  t.match(refusalOf(halfCharacter), 'not valid UTF-8', 'beside the character a decoder writes for what it cannot read')
})

t.test('what is fine stays what it is', async (t) => {
  const fine: [string, unknown][] = [
    ['{"a":9007199254740992}', { a: 2 ** 53 }],
    ['{"a":1180591620717411303424}', { a: 2 ** 70 }],
    [
      '{"a":1E3,"b":0.1e1,"c":-0.10,"d":1.7976931348623157e308,"e":5e-324}',
      { a: 1000, b: 1, c: -0.1, d: Number.MAX_VALUE, e: 5e-324 },
    ],
    ['{"a":100000000000000000000000}', { a: 1e23 }],
    ['{"a":0.5000000000000000000}', { a: 0.5 }],
    ['{"id":"invoice:read","at":"2026-01-01T00:00:00Z"}', { id: 'invoice:read', at: '2026-01-01T00:00:00Z' }],
    ['{"a":{"x":1},"b":{"x":1}}', { a: { x: 1 }, b: { x: 1 } }],
    ['{"constructor":"ACME","prototype":true}', JSON.parse('{"constructor":"ACME","prototype":true}')],
    ['{"a":"\ufffd"}', { a: '\ufffd' }],
    ['{"a":{"constructor":[{"prototype":1}]}}', { a: { constructor: [{ prototype: 1 }] } }],
    ['{"a":"9007199254740993 1e999"}', { a: '9007199254740993 1e999' }],
    ['{"a":"\\"a\\":1,\\\\"}', { a: '"a":1,\\' }],
    [`{"a":${'['.repeat(31)}${']'.repeat(31)}}`, JSON.parse(`{"a":${'['.repeat(31)}${']'.repeat(31)}}`)],
  ]
  for (const [text, value] of fine) {
    t.equal(refusalOf(text), undefined, text)
    t.same(parse(text), value)
    t.same(parse(JSON.stringify(value, null, 2)), value, `${text} with spaces`)
  }
})

const member = fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('a', 'a:b', '"', '\\', 'ü', '\ud83d\ude00', ':'))
const anyValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, true, false, 0, -1.5, 1e21, 123456789012345, 2 ** 53),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    member,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(member, tie('value'), { maxKeys: 4 }),
  ),
})).value

const isForbidden = (text: string): boolean => /"__proto__"|"constructor"|"prototype"/.test(text)

t.test('whatever JSON.stringify writes is taken, and a member said once more anywhere is not', async (t) => {
  let repeated = 0
  fc.assert(
    fc.property(anyValue, fc.constantFrom(0, 1, '\t'), fc.nat(), (value, indent, seed) => {
      const text = JSON.stringify(value, null, indent)
      if (isForbidden(text)) return
      t.strictSame(parse(text), JSON.parse(text))
      t.equal(findFlaw(text), undefined, text)
      // Every `{` that opens an object with members may get its first member a second time.
      const opened = [...text.matchAll(/\{(\s*"(?:[^"\\]|\\.)*"\s*:)/g)]
      const place = opened[seed % Math.max(1, opened.length)]
      if (place === undefined) return
      const twice = `${text.slice(0, place.index + 1)}${place[1]}0,${text.slice(place.index + 1)}`
      if (findFlaw(twice)?.what !== 'repeats a member') return
      repeated += 1
      t.match(refusalOf(twice), 'repeats a member', twice)
    }),
    { numRuns: 1_500, seed: 7493 },
  )
  t.ok(repeated > 200, `${repeated} texts with a member twice`)
})

t.test('a number is taken exactly when its text and its double mean the same', async (t) => {
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 25 })
  const literal = fc
    .tuple(fc.boolean(), digits, fc.option(digits), fc.option(fc.integer({ min: -40, max: 40 })))
    .map(([minus, whole, fraction, power]) =>
      [
        minus ? '-' : '',
        whole.replace(/^0+(?=.)/, ''),
        fraction === null ? '' : `.${fraction}`,
        power === null ? '' : `e${power}`,
      ].join(''),
    )
  /** Scaled to a whole number: exact, however long. */
  const scaled = (text: string): bigint => {
    const [mantissa = '', power = '0'] = text.split('e')
    const [whole = '', fraction = ''] = mantissa.split('.')
    return BigInt(whole + fraction) * 10n ** BigInt(Number(power) - fraction.length + 400)
  }
  let taken = 0
  fc.assert(
    fc.property(literal, (text) => {
      const value = Number(text)
      const isWhole = Number.isInteger(value) && Number.isFinite(value)
      const isSame = scaled(text) === scaled(String(value)) || (isWhole && scaled(text) === BigInt(value) * 10n ** 400n)
      t.equal(isExactNumber(text), isSame, text)
      if (isSame) taken += 1
    }),
    { numRuns: 1_500, seed: 7493 },
  )
  t.ok(taken > 100 && taken < 1_400, `${taken} of 1,500 taken`)
})
