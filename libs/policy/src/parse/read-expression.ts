/**
 * Reads the parser's tree into IR: the list of what the language has. Depth and node count are enforced here,
 * where the walk happens, so no tree is walked further than the limits.
 */
import { attributeSources, type AttributeRef, type AttributeSource, type CompareOperator, type Node, type TextTest } from '../ir/condition.ts'
import { instantMs } from '../ir/instant.ts'
import type { CelExpr, CelPositions } from './cel.ts'
import { limits, tooDeep, tooManyNodes } from './limits.ts'

export type ReadResult = { readonly ok: true; readonly node: Node } | { readonly ok: false; readonly error: string; readonly at: number }

type Call = Extract<CelExpr['exprKind'], { case: 'callExpr' }>['value']
type Constant = Extract<CelExpr['exprKind'], { case: 'constExpr' }>['value']
type Reading = { readonly positions: CelPositions; nodes: number }
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
  ['_-_', 'the operator -'],
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
      return refuse(`"${kind.value.name}" alone is not a value: write <source>.<attribute> with one of ${attributeSources.join(', ')}`, at)
    case 'structExpr':
      return refuse('maps and messages are not supported', at)
    case 'comprehensionExpr':
      return refuse('the macros all, exists, exists_one, filter and map are not supported', at)
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
  if (expr.exprKind.case !== 'selectExpr') refuse('has() takes an attribute', at)
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
  if (isTextTest(name) && call.target && call.args.length === 1 && first) return { kind: 'text', at, test: name, subject: below(call.target), argument: below(first) }
  const sized = call.target ?? first
  if (name === 'size' && sized && call.args.length + (call.target ? 1 : 0) === 1) return { kind: 'size', at, operand: below(sized) }
  if (name === 'timestamp' && !call.target && call.args.length === 1 && first) return readInstant(first, at)
  const refused = refusedOperators.get(name)
  return refuse(refused ? `${refused} is not supported` : `the function ${name}(${call.args.length === 0 ? '' : '…'}) is not supported`, at)
}

/** `a && b && c` is one node with three operands, however the parser bracketed it. */
function operandsOf(call: Call, name: string): CelExpr[] {
  return call.args.flatMap((arg) => (arg.exprKind.case === 'callExpr' && arg.exprKind.value.function === name ? operandsOf(arg.exprKind.value, name) : [arg]))
}

function readInstant(argument: CelExpr, at: number): Node {
  const kind = argument.exprKind
  const text = kind.case === 'constExpr' && kind.value.constantKind.case === 'stringValue' ? kind.value.constantKind.value : undefined
  if (text === undefined) refuse('timestamp() takes a text in quotes', at)
  const epochMs = instantMs(text)
  if (epochMs === undefined) refuse(`"${text.slice(0, 40)}" is not an RFC 3339 instant`, at)
  return { kind: 'instant', at, epochMs }
}
