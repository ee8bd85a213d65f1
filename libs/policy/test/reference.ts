/**
 * A second, independent meaning of the language for property tests: conditions are generated as trees of this file,
 * printed as source, and evaluated here by the definition (sets of possible truths) instead of Kleene tables.
 */
import fc from 'fast-check'
import type { AttributeValues } from '@gatehouse/policy/compile/attributes'

type TextName = 'owner' | 'department'
type Text = { readonly attribute: TextName } | { readonly text: string }
type Amount = { readonly attribute: 'amount' } | { readonly number: number } | { readonly sizeOf: 'tags' }

export type Formula =
  | { readonly op: 'constant'; readonly value: boolean }
  | { readonly op: 'locked' }
  | { readonly op: 'has'; readonly name: 'owner' | 'amount' | 'locked' | 'tags' }
  | { readonly op: 'compareText'; readonly operator: string; readonly left: Text; readonly right: Text }
  | { readonly op: 'compareNumber'; readonly operator: string; readonly left: Amount; readonly right: Amount }
  | {
      readonly op: 'test'
      readonly test: 'startsWith' | 'endsWith' | 'contains'
      readonly left: Text
      readonly right: Text
    }
  | { readonly op: 'inList'; readonly needle: Text; readonly items: readonly Text[] }
  | { readonly op: 'inTags'; readonly needle: Text }
  | { readonly op: 'not'; readonly operand: Formula }
  | { readonly op: 'and' | 'or'; readonly operands: readonly Formula[] }

const word = fc.constantFrom('', 'a', 'b', 'ab', 'B', '%', 'é', '\u{1f600}', '\uffee', 'a"b', "it's", 'back\\slash')
const number = fc.constantFrom(0, 1, 2, -1, 2.5, 1e15)
const operator = fc.constantFrom('==', '!=', '<', '<=', '>', '>=')
const text: fc.Arbitrary<Text> = fc.oneof(
  fc.record({ attribute: fc.constantFrom<TextName>('owner', 'department') }),
  fc.record({ text: word }),
)
const amount: fc.Arbitrary<Amount> = fc.oneof(
  fc.constant({ attribute: 'amount' } as const),
  fc.record({ number }),
  fc.constant({ sizeOf: 'tags' } as const),
)

export const formula: fc.Arbitrary<Formula> = fc.letrec<{ any: Formula }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.record({ op: fc.constant('constant' as const), value: fc.boolean() }),
    fc.constant({ op: 'locked' } as const),
    fc.record({
      op: fc.constant('has' as const),
      name: fc.constantFrom('owner' as const, 'amount' as const, 'locked' as const, 'tags' as const),
    }),
    fc.record({ op: fc.constant('compareText' as const), operator, left: text, right: text }),
    fc.record({ op: fc.constant('compareNumber' as const), operator, left: amount, right: amount }),
    fc.record({
      op: fc.constant('test' as const),
      test: fc.constantFrom('startsWith' as const, 'endsWith' as const, 'contains' as const),
      left: text,
      right: text,
    }),
    fc.record({ op: fc.constant('inList' as const), needle: text, items: fc.array(text, { maxLength: 3 }) }),
    fc.record({ op: fc.constant('inTags' as const), needle: text }),
    fc.record({ op: fc.constant('not' as const), operand: tie('any') }),
    fc.record({
      op: fc.constantFrom('and' as const, 'or' as const),
      operands: fc.array(tie('any'), { minLength: 2, maxLength: 3 }),
    }),
  ),
})).any

/** Sometimes missing, sometimes of another type. */
const maybe = (value: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 4, arbitrary: value }, { weight: 1, arbitrary: fc.constantFrom(undefined, null, {}, []) })

export const attributeValues: fc.Arbitrary<AttributeValues> = fc.record({
  resource: fc.record(
    {
      owner: maybe(word),
      amount: maybe(number),
      locked: maybe(fc.boolean()),
      tags: fc.oneof(fc.array(word, { maxLength: 3 }), fc.constantFrom(null, 'a', ['a', 1])),
    },
    { requiredKeys: [] },
  ),
  membership: fc.record({ department: maybe(word) }, { requiredKeys: [] }),
})

const printText = (value: Text): string =>
  'text' in value
    ? JSON.stringify(value.text)
    : value.attribute === 'owner'
      ? 'resource.owner'
      : 'membership.department'
const printAmount = (value: Amount): string =>
  'number' in value
    ? String(value.number).replace('e+', 'e')
    : 'sizeOf' in value
      ? 'size(resource.tags)'
      : 'resource.amount'

export function print(node: Formula): string {
  switch (node.op) {
    case 'constant':
      return String(node.value)
    case 'locked':
      return 'resource.locked'
    case 'has':
      return `has(resource.${node.name})`
    case 'compareText':
      return `${printText(node.left)} ${node.operator} ${printText(node.right)}`
    case 'compareNumber':
      return `${printAmount(node.left)} ${node.operator} ${printAmount(node.right)}`
    case 'test':
      return `${printText(node.left)}.${node.test}(${printText(node.right)})`
    case 'inList':
      return `${printText(node.needle)} in [${node.items.map(printText).join(', ')}]`
    case 'inTags':
      return `${printText(node.needle)} in resource.tags`
    case 'not':
      return `!(${print(node.operand)})`
    case 'and':
    case 'or':
      return `(${node.operands.map((operand) => `(${print(operand)})`).join(node.op === 'and' ? ' && ' : ' || ')})`
  }
}

/** What a node can be when the unknown parts may be anything: {true}, {false} or both. */
type Possible = ReadonlySet<boolean>
const certainly = (value: boolean): Possible => new Set([value])
const anything: Possible = new Set([true, false])

/** True, false, or undefined when both are possible. */
export function evaluateReference(node: Formula, values: AttributeValues): boolean | undefined {
  const possible = possibilities(node, values)
  return possible.size === 2 ? undefined : possible.has(true)
}

const resourceOf = (values: AttributeValues, name: string): unknown =>
  (values['resource'] as Record<string, unknown> | undefined)?.[name]
const known = (name: string, value: unknown): boolean =>
  ({
    owner: typeof value === 'string',
    amount: typeof value === 'number',
    locked: typeof value === 'boolean',
    tags: Array.isArray(value) && value.every((item) => typeof item === 'string'),
  })[name] ?? false

function textOf(value: Text, values: AttributeValues): string | undefined {
  if ('text' in value) return value.text
  const found =
    value.attribute === 'owner'
      ? resourceOf(values, 'owner')
      : (values['membership'] as Record<string, unknown> | undefined)?.['department']
  return typeof found === 'string' ? found : undefined
}

function amountOf(value: Amount, values: AttributeValues): number | undefined {
  if ('number' in value) return value.number
  const found = resourceOf(values, 'sizeOf' in value ? 'tags' : 'amount')
  if ('sizeOf' in value) return known('tags', found) ? (found as unknown[]).length : undefined
  return typeof found === 'number' ? found : undefined
}

const order = (left: string, right: string): number => Buffer.compare(Buffer.from(left), Buffer.from(right))
const holds = (operator: string, compared: number): boolean =>
  ({
    '==': compared === 0,
    '!=': compared !== 0,
    '<': compared < 0,
    '<=': compared <= 0,
    '>': compared > 0,
    '>=': compared >= 0,
  })[operator] ?? false

function possibilities(node: Formula, values: AttributeValues): Possible {
  switch (node.op) {
    case 'constant':
      return certainly(node.value)
    case 'locked': {
      const locked = resourceOf(values, 'locked')
      return typeof locked === 'boolean' ? certainly(locked) : anything
    }
    case 'has':
      return certainly(known(node.name, resourceOf(values, node.name)))
    case 'compareText':
    case 'test': {
      const left = textOf(node.left, values)
      const right = textOf(node.right, values)
      if (left === undefined || right === undefined) return anything
      if (node.op === 'compareText') return certainly(holds(node.operator, order(left, right)))
      const at = left.indexOf(right)
      return certainly(
        node.test === 'contains'
          ? at >= 0
          : node.test === 'startsWith'
            ? at === 0
            : left.slice(left.length - right.length) === right && right.length <= left.length,
      )
    }
    case 'compareNumber': {
      const left = amountOf(node.left, values)
      const right = amountOf(node.right, values)
      return left === undefined || right === undefined ? anything : certainly(holds(node.operator, left - right))
    }
    case 'inList':
      return combine(
        'or',
        node.items.map((item) => equality(textOf(node.needle, values), textOf(item, values))),
      )
    case 'inTags': {
      const tags = resourceOf(values, 'tags')
      return known('tags', tags)
        ? combine(
            'or',
            (tags as string[]).map((tag) => equality(textOf(node.needle, values), tag)),
          )
        : anything
    }
    case 'not':
      return new Set([...possibilities(node.operand, values)].map((value) => !value))
    case 'and':
    case 'or':
      return combine(
        node.op,
        node.operands.map((operand) => possibilities(operand, values)),
      )
  }
}

const equality = (left: string | undefined, right: string | undefined): Possible =>
  left === undefined || right === undefined ? anything : certainly(left === right)

function combine(op: 'and' | 'or', parts: readonly Possible[]): Possible {
  return parts.reduce<Possible>(
    (sofar, part) => new Set([...sofar].flatMap((a) => [...part].map((b) => (op === 'and' ? a && b : a || b)))),
    certainly(op === 'and'),
  )
}
