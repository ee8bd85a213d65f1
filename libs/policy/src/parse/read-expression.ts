/**
 * Reads the parser's tree into IR: the list of what the language has. Depth and node count are enforced here,
 * where the walk happens, so no tree is walked further than the limits.
 */
import {
  attributeSources,
  type AttributeRef,
  type AttributeSource,
  type CompareOperator,
  type Node,
  type TextTest,
} from '../ir/condition.ts'
import { durationMs } from '../ir/duration.ts'
import { instantMs } from '../ir/instant.ts'
import { parseNetwork } from '../ir/network.ts'
import type { CelExpr, CelPositions } from './cel.ts'
import { limits, tooDeep, tooManyNodes } from './limits.ts'

export type ReadResult =
  { readonly ok: true; readonly node: Node } | { readonly ok: false; readonly error: string; readonly at: number }

type Call = Extract<CelExpr['exprKind'], { case: 'callExpr' }>['value']
type Constant = Extract<CelExpr['exprKind'], { case: 'constExpr' }>['value']
type Comprehension = Extract<CelExpr['exprKind'], { case: 'comprehensionExpr' }>['value']
/** `variable` is what a quantifier around this place binds. */
type Reading = { readonly positions: CelPositions; nodes: number; variable?: string | undefined }
type At = { readonly reading: Reading; readonly depth: number; readonly at: number }

type Refusal = Error & { readonly at: number }

/** Leaves the walk at the first thing outside the subset; caught in `readExpression`, never seen outside this file. */
function refuse(error: string, at: number): never {
  throw Object.assign(new Error(error), { at })
}

const isRefusal = (thrown: unknown): thrown is Refusal => thrown instanceof Error && 'at' in thrown

export function readExpression(expr: CelExpr, positions: CelPositions): ReadResult {
  try {
    return { ok: true, node: read(expr, { positions, nodes: 0 }, 1) }
  } catch (thrown) {
    if (isRefusal(thrown)) return { ok: false, error: thrown.message, at: thrown.at }
    throw thrown
  }
}

const compareOperators: ReadonlyMap<string, CompareOperator> = new Map([
  ['_==_', '=='],
  ['_!=_', '!='],
  ['_<_', '<'],
  ['_<=_', '<='],
  ['_>_', '>'],
  ['_>=_', '>='],
])
const textTests: ReadonlySet<string> = new Set<TextTest>(['startsWith', 'endsWith', 'contains'])
const isTextTest = (name: string): name is TextTest => textTests.has(name)

/** What the refusal calls a construct the parser knows and this language does not. */
const refusedOperators: ReadonlyMap<string, string> = new Map([
  ['_[_]', 'indexing with []'],
  ['_+_', 'the operator +'],
  ['_*_', 'the operator *'],
  ['_/_', 'the operator /'],
  ['_%_', 'the operator %'],
  ['-_', 'the operator -'],
])

const startOf = (expr: CelExpr, positions: CelPositions): number => positions[expr.id.toString()] ?? 0

function read(expr: CelExpr, reading: Reading, depth: number): Node {
  const at = startOf(expr, reading.positions)
  if (depth > limits.depth) refuse(tooDeep, at)
  if (++reading.nodes > limits.nodes) refuse(tooManyNodes, at)
  const kind = expr.exprKind
  switch (kind.case) {
    case 'constExpr':
      return readConstant(kind.value, at)
    case 'selectExpr':
      return kind.value.testOnly ? { kind: 'has', at, attribute: readAttribute(expr, at) } : readAttribute(expr, at)
    case 'callExpr':
      return readCall(kind.value, { reading, depth, at })
    case 'listExpr':
      return { kind: 'list', at, items: kind.value.elements.map((element) => read(element, reading, depth + 1)) }
    case 'identExpr':
      if (kind.value.name === reading.variable) return { kind: 'variable', at, name: kind.value.name }
      return refuse(
        `"${kind.value.name}" alone is not a value: write <source>.<attribute> with one of ` +
          `${attributeSources.join(', ')}`,
        at,
      )
    case 'structExpr':
      return refuse('maps and messages are not supported', at)
    case 'comprehensionExpr':
      return readQuantifier(kind.value, { reading, depth, at })
    case undefined:
      return refuse('an empty expression', at)
  }
}

function readConstant(constant: Constant, at: number): Node {
  const kind = constant.constantKind
  switch (kind.case) {
    case 'boolValue':
    case 'stringValue':
      return { kind: 'literal', at, value: kind.value }
    case 'doubleValue':
      if (!Number.isFinite(kind.value)) refuse('the number is too large', at)
      return { kind: 'literal', at, value: kind.value }
    case 'int64Value': {
      const value = Number(kind.value)
      if (!Number.isSafeInteger(value)) refuse('the whole number is beyond ±(2^53 - 1), where it would lose digits', at)
      return { kind: 'literal', at, value }
    }
    case 'uint64Value':
      return refuse('unsigned numbers (1u) are not supported: there is one numeric type', at)
    case 'nullValue':
      return refuse('null is not supported: ask has(<attribute>) whether there is a value', at)
    case 'bytesValue':
      return refuse('bytes (b"…") are not supported', at)
    default:
      return refuse('this literal is not supported', at)
  }
}

const isSource = (name: string): name is AttributeSource => (attributeSources as readonly string[]).includes(name)

/** `<source>.<name>`, one level. */
function readAttribute(expr: CelExpr, at: number): AttributeRef {
  if (expr.exprKind.case !== 'selectExpr') refuse('has() is written has(<source>.<attribute>)', at)
  const { operand, field } = expr.exprKind.value
  if (operand?.exprKind.case === 'selectExpr') refuse('attributes have no attributes of their own: one dot only', at)
  if (operand?.exprKind.case !== 'identExpr') refuse('only attributes of a source can be selected with a dot', at)
  const source = operand.exprKind.value.name
  if (!isSource(source)) refuse(`"${source}" is not a source: there are ${attributeSources.join(', ')}`, at)
  return { kind: 'attribute', at, source, name: field }
}

function readCall(call: Call, { reading, depth, at }: At): Node {
  const below = (expr: CelExpr): Node => read(expr, reading, depth + 1)
  const name = call.function
  if (name === '_&&_' || name === '_||_') {
    return { kind: name === '_&&_' ? 'and' : 'or', at, operands: operandsOf(call, name).map(below) }
  }
  const [first, second] = call.args
  const operator = compareOperators.get(name)
  if (operator && first && second) return { kind: 'compare', at, operator, left: below(first), right: below(second) }
  if (name === '!_' && first) return { kind: 'not', at, operand: below(first) }
  if (name === '@in' && first && second) return { kind: 'in', at, needle: below(first), haystack: below(second) }
  if (isTextTest(name) && call.target && call.args.length === 1 && first)
    return { kind: 'text', at, test: name, subject: below(call.target), argument: below(first) }
  if (name === '_-_' && first && second) return { kind: 'elapsed', at, later: below(first), earlier: below(second) }
  if (name === 'inCidr' && !call.target && call.args.length === 2 && first && second)
    return readCidr(below(first), { network: second, at })
  const sized = call.target ?? first
  if (name === 'size' && sized && call.args.length + (call.target ? 1 : 0) === 1)
    return { kind: 'size', at, operand: below(sized) }
  if (name === 'timestamp' && !call.target && call.args.length === 1 && first) return readInstant(first, at)
  if (name === 'duration' && !call.target && call.args.length === 1 && first) return readDuration(first, at)
  return refuseCall(name, at)
}

/** Every function and macro there is, as it is written. */
const functionForms: ReadonlyMap<string, string> = new Map([
  ['has', 'has(<source>.<attribute>)'],
  ['size', 'size(<text or list>)'],
  ['startsWith', '<text>.startsWith(<text>)'],
  ['endsWith', '<text>.endsWith(<text>)'],
  ['contains', '<text>.contains(<text>)'],
  ['timestamp', 'timestamp("2026-01-31T09:00:00Z")'],
  ['duration', 'duration("1h30m")'],
  ['inCidr', 'inCidr(<text>, "10.0.0.0/8")'],
  ['exists', '<list>.exists(x, <condition>)'],
  ['all', '<list>.all(x, <condition>)'],
])

function refuseCall(name: string, at: number): never {
  const operator = refusedOperators.get(name)
  if (operator) refuse(`${operator} is not supported`, at)
  const form = functionForms.get(name)
  if (form) refuse(`${name}() is written ${form}`, at)
  return refuse(`there is no function ${name}(): the functions are ${[...functionForms.keys()].join(', ')}`, at)
}

/** `a && b && c` is one node with three operands, however the parser bracketed it. */
function operandsOf(call: Call, name: string): CelExpr[] {
  return call.args.flatMap((arg) =>
    arg.exprKind.case === 'callExpr' && arg.exprKind.value.function === name
      ? operandsOf(arg.exprKind.value, name)
      : [arg],
  )
}

const textOf = (expr: CelExpr): string | undefined =>
  expr.exprKind.case === 'constExpr' && expr.exprKind.value.constantKind.case === 'stringValue'
    ? expr.exprKind.value.constantKind.value
    : undefined

const quoted = (text: string): string => JSON.stringify(text.slice(0, 40))

function readInstant(argument: CelExpr, at: number): Node {
  const text = textOf(argument) ?? refuse('timestamp() takes a text in quotes, such as "2026-01-31T09:00:00Z"', at)
  const epochMs =
    instantMs(text) ?? refuse(`${quoted(text)} is not an RFC 3339 instant, such as "2026-01-31T09:00:00Z"`, at)
  return { kind: 'instant', at, epochMs }
}

function readDuration(argument: CelExpr, at: number): Node {
  const text = textOf(argument) ?? refuse('duration() takes a text in quotes, such as "1h30m"', at)
  const ms =
    durationMs(text) ??
    refuse(
      `${quoted(text)} is not a duration of whole milliseconds up to a hundred years, such as "1h30m" or "90s"`,
      at,
    )
  return { kind: 'duration', at, ms }
}

function readCidr(address: Node, { network, at }: { network: CelExpr; at: number }): Node {
  const text = textOf(network) ?? refuse('inCidr() takes a network in quotes, such as "10.0.0.0/8"', at)
  if (!parseNetwork(text))
    refuse(
      `${quoted(text)} is not a network: write an address, a slash and the number of bits that count, with no bit ` +
        `set below them`,
      at,
    )
  return { kind: 'cidr', at, address, network: text }
}

/**
 * The parser has unfolded the macro into a loop by now; its two shapes that are in the language are told by how they
 * begin and go on.
 */
function readQuantifier(loop: Comprehension, { reading, depth, at }: At): Node {
  const step = loop.loopStep?.exprKind
  const start = loop.accuInit?.exprKind
  const begins =
    start?.case === 'constExpr' && start.value.constantKind.case === 'boolValue'
      ? start.value.constantKind.value
      : undefined
  const joins = step?.case === 'callExpr' ? step.value.function : undefined
  const body = step?.case === 'callExpr' ? step.value.args[1] : undefined
  const quantifier =
    begins === false && joins === '_||_' ? 'exists' : begins === true && joins === '_&&_' ? 'all' : undefined
  if (!quantifier || !body || !loop.iterRange || loop.iterVar2 !== '')
    return refuse('of the macros there are all(x, …) and exists(x, …) only', at)
  const variable = loop.iterVar
  if (reading.variable !== undefined)
    refuse('all() and exists() within another one are not supported: the work would multiply', at)
  if (isSource(variable)) refuse(`"${variable}" is a source, so it cannot name an item`, at)
  const list = read(loop.iterRange, reading, depth + 1)
  reading.variable = variable
  const node: Node = { kind: 'quantifier', at, quantifier, variable, list, body: read(body, reading, depth + 1) }
  reading.variable = undefined
  return node
}
