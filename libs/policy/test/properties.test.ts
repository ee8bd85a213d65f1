/** Generated conditions mean the same to the engine and to the reference, through the printed source. */
import t from 'tap'
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import { checkCondition } from '@gatehouse/policy/check/check-condition'
import { compileCondition } from '@gatehouse/policy/compile/closure'
import { compareText, textLength } from '@gatehouse/policy/compile/truth'
import { parseCondition } from '@gatehouse/policy/parse/parse-condition'
import { attributeValues, evaluateReference, formula, print } from './reference.ts'
import { schema } from './schema.ts'

/** `POLICY_RUNS=100000` for the long run. */
const numRuns = Number(process.env['POLICY_RUNS'] ?? 3000)

t.test('every generated condition decides as its definition says, unknowns included', async (t) => {
  const answers = new Map<boolean | undefined, number>()
  fc.assert(
    fc.property(formula, fc.array(attributeValues, { minLength: 1, maxLength: 4 }), (node, samples) => {
      const source = print(node)
      const parsed = parseCondition(source)
      // The generator can exceed a limit of the language; then the source is refused, which is right.
      if (!parsed.ok) return /at most|more than|deeper/.test(parsed.error)
      const checked = checkCondition(parsed.ir, schema)
      if (!checked.ok) throw new Error(`${source}: ${JSON.stringify(checked.problems)}`)
      const condition = compileCondition(checked.ir)
      return samples.every((values) => {
        const answer = condition(values)
        answers.set(answer, (answers.get(answer) ?? 0) + 1)
        return answer === evaluateReference(node, values)
      })
    }),
    { numRuns },
  )
  for (const answer of [true, false, undefined])
    t.ok((answers.get(answer) ?? 0) > numRuns / 20, `${answer}: ${answers.get(answer)} of ${numRuns}`)
})

t.test('text is ordered as UTF-8 bytes are, and measured in code points', async () => {
  const anyText = fc.string({ unit: 'binary', maxLength: 6 })
  fc.assert(
    fc.property(
      anyText,
      anyText,
      (left, right) => Math.sign(compareText(left, right)) === Buffer.compare(Buffer.from(left), Buffer.from(right)),
    ),
    { numRuns },
  )
  fc.assert(
    fc.property(anyText, (text) => textLength(text) === [...text].length),
    { numRuns },
  )
})

t.test('no text at all makes the parser throw', async () => {
  const fragment = fc.constantFrom(
    'resource.',
    'owner',
    '&&',
    '||',
    '!',
    '(',
    ')',
    '[',
    ']',
    '"',
    "'",
    '{',
    '}',
    ',',
    ' in ',
    '==',
    '<',
    '1',
    '1.5',
    'u',
    'has',
    '?',
    ':',
    '.',
    '\\',
    '\n',
    '//',
    'true',
    'size',
    '-',
    '__proto__',
    'é',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.array(fragment, { maxLength: 40 }).map((parts) => parts.join('')),
      ),
      (source) => {
        const result = parseCondition(source)
        return result.ok || (result.error.length > 0 && result.position.offset <= source.length)
      },
    ),
    { numRuns },
  )
})
