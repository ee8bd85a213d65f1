/**
 * Conditions and values in every shape the language has, as fast-check makes them. Sources are printed, so what is
 * tested begins at the parser.
 */
import fc from 'fast-check'
import type { AttributeValues } from '@gatehouse/policy/compile/attributes'
import { isAccepted } from './schema.ts'

type Source = fc.Arbitrary<string>

const texts = [
  '',
  'a',
  'A',
  'b',
  'ab',
  'aab',
  '%',
  '_',
  'a%b',
  'a_b',
  '\\',
  "it's",
  'é',
  'E',
  '\u{1f600}',
  '\uffee',
  'eu',
  '?{([//',
] as const
/** Those that begin, end and contain each other come often: they tell the tests of texts apart. */
export const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a', 'b', 'ab', 'ba') },
  { weight: 2, arbitrary: fc.constantFrom(...texts) },
)
/** Roles that policies of generated sets name; `membership.roles` holds some of them. */
export const roleKeys = ['reader', 'clerk', 'chief', 'owner'] as const
export const number = fc.constantFrom(0, 1, -1, 2, 2.5, 10, 0.1, 1e15)
const instants = [
  '1969-12-31T23:59:59.999Z',
  '2026-01-01T00:00:00Z',
  '2026-01-01T00:00:00.001Z',
  '2026-01-01T12:00:00+02:00',
  '2026-02-01T00:00:00Z',
] as const
const durations = ['0s', '1ms', '-1ms', '12h', '-12h', '744h', '1h30m', '1.001s', '-0.001s', '1.1h', '1000us'] as const

/**
 * A text in each kind of quotes there is. A raw one says its characters as they are, so not every text can be written
 * so.
 */
const quotings: readonly ((value: string) => string)[] = [
  (value) => JSON.stringify(value),
  (value) => `"""${JSON.stringify(value).slice(1, -1)}"""`,
  (value) => `'''${JSON.stringify(value).slice(1, -1)}'''`,
  (value) => (/["\n\r]/.test(value) ? JSON.stringify(value) : `r"${value}"`),
]
const literalOf = (value: Source): Source =>
  fc
    .tuple(
      value,
      fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat(quotings.length - 1) }),
    )
    .map(([written, quoting]) => quotings[quoting]!(written))
/** Stands where a space may. */
const gap = fc.oneof(
  { weight: 8, arbitrary: fc.constant(' ') },
  { weight: 1, arbitrary: fc.constantFrom(' // is it {so}? ((([[[ "\n', " // isn't it\r\n") },
)
const instant: Source = fc.constantFrom(...instants).map((value) => `timestamp("${value}")`)
const compare = fc.constantFrom('==', '!=', '<', '<=', '>', '>=')
const equality = fc.constantFrom('==', '!=')

/**
 * `open` are attributes of the resource, `known` those of everybody else, `items` what is in reach where a quantifier
 * binds a text.
 */
type Ways = { readonly text: Source; readonly number: Source; readonly instant: Source; readonly list: Source }
const waysWith = (item: boolean): Ways => {
  const textAttribute = fc.constantFrom(
    'resource.owner',
    'resource.department',
    'user.id',
    'membership.department',
    ...(item ? ['item', 'item'] : []),
  )
  const textOperand = fc.oneof(textAttribute, literalOf(text))
  const list = fc.oneof(
    fc.constantFrom('resource.tags', 'membership.regions', 'membership.roles'),
    fc.array(textOperand, { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
  )
  const size = fc.oneof(textOperand, list).map((operand) => `size(${operand})`)
  return {
    text: textOperand,
    number: fc.oneof(
      fc.constantFrom('resource.amount', 'membership.level'),
      number.map((value) => String(value).replace('e+', 'e')),
      size,
    ),
    instant: fc.oneof(
      fc.constantFrom('resource.due_at', 'resource.created_at', 'request.time', 'request.auth_time'),
      instant,
    ),
    list,
  }
}

function leaf({ text, number, instant, list }: Ways): Source {
  const binary = (operand: Source, operator: Source) =>
    fc.tuple(operand, operator, operand).map(([left, op, right]) => `${left} ${op} ${right}`)
  const duration = fc.oneof(
    fc.tuple(instant, instant).map(([later, earlier]) => `${later} - ${earlier}`),
    fc.constantFrom(...durations).map((value) => `duration("${value}")`),
  )
  return fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom('true', 'false', 'resource.locked', 'membership.contractor') },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(
          'resource.owner',
          'resource.amount',
          'resource.locked',
          'resource.tags',
          'resource.due_at',
          'membership.department',
          'membership.regions',
        )
        .map((name) => `has(${name})`),
    },
    { weight: 1, arbitrary: binary(text, compare) },
    { weight: 1, arbitrary: binary(number, compare) },
    { weight: 1, arbitrary: binary(instant, compare) },
    { weight: 1, arbitrary: binary(duration, compare) },
    {
      weight: 3,
      arbitrary: fc
        .tuple(text, fc.constantFrom('startsWith', 'endsWith', 'contains'), text)
        .map(([subject, test, argument]) => `${subject}.${test}(${argument})`),
    },
    { weight: 1, arbitrary: fc.tuple(text, list).map(([needle, items]) => `${needle} in ${items}`) },
    { weight: 1, arbitrary: fc.constantFrom(...roleKeys).map((key) => `"${key}" in membership.roles`) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(number, fc.array(number, { maxLength: 3 }))
        .map(([needle, items]) => `${needle} in [${items.join(', ')}]`),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(instant, fc.array(instant, { maxLength: 2 }))
        .map(([needle, items]) => `${needle} in [${items.join(', ')}]`),
    },
  )
}

function formulaOver(leaves: Source): Source {
  return fc.letrec<{ any: string }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      { weight: 5, arbitrary: leaves },
      { weight: 1, arbitrary: tie('any').map((operand) => `!(${operand})`) },
      {
        weight: 2,
        arbitrary: fc
          .tuple(fc.constantFrom('&&', '||'), gap, fc.array(tie('any'), { minLength: 2, maxLength: 3 }))
          .map(([op, space, operands]) => operands.map((operand) => `(${operand})`).join(`${space}${op} `)),
      },
      {
        weight: 1,
        arbitrary: fc.tuple(tie('any'), equality, tie('any')).map(([left, op, right]) => `(${left}) ${op} (${right})`),
      },
    ),
  })).any
}

const within = formulaOver(leaf(waysWith(true)))
/**
 * Quantifiers over the lists of the asking side and over written ones; a list of the resource cannot be in a filter.
 */
const quantified: Source = fc
  .tuple(
    fc.oneof(
      fc.constantFrom('membership.regions', 'membership.roles'),
      fc.array(waysWith(false).text, { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    ),
    fc.constantFrom('exists', 'all'),
    within,
  )
  .map(([list, test, body]) => `${list}.${test}(item, ${body})`)

export const condition: Source = formulaOver(
  fc.oneof({ weight: 5, arbitrary: leaf(waysWith(false)) }, { weight: 1, arbitrary: quantified }),
).filter(isAccepted)

const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 4, arbitrary: value }, { weight: 1, arbitrary: fc.constant(undefined) })
const withoutMissing = (values: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))

/** Of the right type, or missing. */
export const knownValues: fc.Arbitrary<AttributeValues> = fc.record({
  user: fc.record({ id: maybe(text) }).map(withoutMissing),
  membership: fc
    .record({
      department: maybe(text),
      level: maybe(number),
      contractor: maybe(fc.boolean()),
      regions: maybe(fc.array(text, { maxLength: 3 })),
      roles: maybe(fc.subarray([...roleKeys])),
    })
    .map(withoutMissing),
  request: fc
    .record({ time: maybe(fc.constantFrom(...instants)), auth_time: maybe(fc.constantFrom(...instants)) })
    .map(withoutMissing),
})

export type ResourceRow = {
  owner: string | null
  department: string | null
  amount: number | null
  locked: boolean | null
  tags: (string | null)[] | null
  due_at: string | null
  created_at: string | null
}

const orNull = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 5, arbitrary: value }, { weight: 1, arbitrary: fc.constant(null) })
/** Instants also with parts of a millisecond, which do not count. */
const stamp = fc.constantFrom(...instants, '2026-01-01T00:00:00.000999Z', '1969-12-31T23:59:59.999500Z')
/** NULL is a missing attribute; a list with a NULL in it is no list of texts. */
export const resourceRow: fc.Arbitrary<ResourceRow> = fc.record({
  owner: orNull(text),
  department: orNull(text),
  amount: orNull(number),
  locked: orNull(fc.boolean()),
  tags: orNull(
    fc.array(fc.oneof({ weight: 8, arbitrary: text }, { weight: 1, arbitrary: fc.constant(null) }), { maxLength: 3 }),
  ),
  due_at: orNull(stamp),
  created_at: orNull(stamp),
})
