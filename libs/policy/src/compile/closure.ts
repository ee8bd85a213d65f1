/** Turns a checked condition into closures once, so that deciding walks no tree and looks nothing up but attributes. */
import type { CheckedIr, CompareOperator, Node, TextTest, TypedAttributeRef } from '../ir/condition.ts'
import { isInNetwork, parseAddress, parseNetwork } from '../ir/network.ts'
import { attributeReader, type AttributeValues, type Value } from './attributes.ts'
import { compareText, textLength, type Truth } from './truth.ts'

export type Condition = (values: AttributeValues) => Truth
type ValueClosure = (values: AttributeValues) => Value | undefined
type CheckedNode = Node<TypedAttributeRef>
/**
 * Where a quantifier leaves the item it is at for the closures of its body. A closure runs to its end before anything else does and
 * quantifiers do not nest, so one cell per quantifier is enough, and conditions without one pay nothing for it.
 */
type ItemCell = { item: Value | undefined }

/** The condition as a function. Pure; never throws, whatever the values are. */
export const compileCondition = (ir: CheckedIr): Condition => compileTruth(ir.root)

/** Any node's value, for the readers that look at parts of a condition. */
export const evaluateNode = (node: CheckedNode, values: AttributeValues): Value | undefined =>
  compileValue(node)(values)

function compileTruth(node: CheckedNode, cell?: ItemCell): Condition {
  switch (node.kind) {
    case 'and':
      return compileAnd(node.operands.map((operand) => compileTruth(operand, cell)))
    case 'or':
      return compileOr(node.operands.map((operand) => compileTruth(operand, cell)))
    case 'not': {
      const operand = compileTruth(node.operand, cell)
      return (values) => {
        const truth = operand(values)
        return truth === undefined ? undefined : !truth
      }
    }
    case 'has': {
      const attribute = attributeReader(node.attribute)
      return (values) => attribute(values) !== undefined
    }
    case 'compare':
      return compileComparison(node, cell)
    case 'in':
      return compileMembership(node, cell)
    case 'text':
      return compileText(node, cell)
    case 'cidr':
      return compileNetworkTest(node, cell)
    case 'quantifier':
      return compileQuantifier(node)
    default: {
      const value = compileValue(node, cell)
      return (values) => {
        const truth = value(values)
        return typeof truth === 'boolean' ? truth : undefined
      }
    }
  }
}

function compileAnd(operands: readonly Condition[]): Condition {
  return (values) => {
    let result: Truth = true
    for (const operand of operands) {
      const truth = operand(values)
      if (truth === false) return false
      if (truth === undefined) result = undefined
    }
    return result
  }
}

function compileOr(operands: readonly Condition[]): Condition {
  return (values) => {
    let result: Truth = false
    for (const operand of operands) {
      const truth = operand(values)
      if (truth === true) return true
      if (truth === undefined) result = undefined
    }
    return result
  }
}

function compileValue(node: CheckedNode, cell?: ItemCell): ValueClosure {
  switch (node.kind) {
    case 'literal':
      return () => node.value
    case 'instant':
      return () => node.epochMs
    case 'duration':
      return () => node.ms
    case 'variable':
      return () => cell?.item
    case 'attribute':
      return attributeReader(node)
    case 'elapsed': {
      const later = compileValue(node.later, cell)
      const earlier = compileValue(node.earlier, cell)
      return (values) => {
        const to = later(values)
        const from = earlier(values)
        return typeof to === 'number' && typeof from === 'number' ? to - from : undefined
      }
    }
    case 'size': {
      const { operand } = node
      if (operand.kind === 'list') return () => operand.items.length
      const sized = compileValue(operand, cell)
      return (values) => {
        const value = sized(values)
        if (typeof value === 'string') return textLength(value)
        return Array.isArray(value) ? value.length : undefined
      }
    }
    default:
      return compileTruth(node, cell)
  }
}

const orderTests: { readonly [O in Exclude<CompareOperator, '==' | '!='>]: (order: number) => boolean } = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
}

function compileComparison(node: Extract<CheckedNode, { kind: 'compare' }>, cell?: ItemCell): Condition {
  const left = compileValue(node.left, cell)
  const right = compileValue(node.right, cell)
  const { operator } = node
  if (operator === '==' || operator === '!=') {
    const wanted = operator === '=='
    return (values) => {
      const a = left(values)
      const b = right(values)
      return a === undefined || b === undefined ? undefined : (a === b) === wanted
    }
  }
  const test = orderTests[operator]
  return (values) => {
    const a = left(values)
    const b = right(values)
    if (typeof a === 'number' && typeof b === 'number') return test(a - b)
    if (typeof a === 'string' && typeof b === 'string') return test(compareText(a, b))
    return undefined
  }
}

/** `x in [a, b]` is `x == a || x == b`, unknowns included; so nothing is in the empty list. */
function compileMembership(node: Extract<CheckedNode, { kind: 'in' }>, cell?: ItemCell): Condition {
  const needle = compileValue(node.needle, cell)
  if (node.haystack.kind === 'list') {
    const items = node.haystack.items.map((item) => compileValue(item, cell))
    // Constants, which nearly every list is made of, need no list made anew.
    const { items: nodes } = node.haystack
    const constants = nodes.flatMap((item) => (item.kind === 'literal' ? [item.value] : []))
    if (constants.length === nodes.length) return (values) => anyEqual(needle(values), constants)
    return (values) =>
      anyEqual(
        needle(values),
        items.map((item) => item(values)),
      )
  }
  const haystack = compileValue(node.haystack, cell)
  return (values) => {
    const list = haystack(values)
    return Array.isArray(list) ? anyEqual(needle(values), list) : undefined
  }
}

function anyEqual(needle: Value | undefined, items: readonly (Value | undefined)[]): Truth {
  if (needle === undefined) return items.length === 0 ? false : undefined
  let result: Truth = false
  for (const item of items) {
    if (item === undefined) result = undefined
    else if (item === needle) return true
  }
  return result
}

const textTests: { readonly [T in TextTest]: (text: string, argument: string) => boolean } = {
  startsWith: (text, argument) => text.startsWith(argument),
  endsWith: (text, argument) => text.endsWith(argument),
  contains: (text, argument) => text.includes(argument),
}

function compileText(node: Extract<CheckedNode, { kind: 'text' }>, cell?: ItemCell): Condition {
  const subject = compileValue(node.subject, cell)
  const argument = compileValue(node.argument, cell)
  const test = textTests[node.test]
  return (values) => {
    const text = subject(values)
    const part = argument(values)
    return typeof text === 'string' && typeof part === 'string' ? test(text, part) : undefined
  }
}

function compileNetworkTest(node: Extract<CheckedNode, { kind: 'cidr' }>, cell?: ItemCell): Condition {
  const address = compileValue(node.address, cell)
  const network = parseNetwork(node.network)
  return (values) => {
    const text = address(values)
    const parsed = typeof text === 'string' ? parseAddress(text) : undefined
    return parsed && network ? isInNetwork(parsed, network) : undefined
  }
}

/** `exists` is the body's `||` over the items and `all` its `&&`, unknowns included. */
function compileQuantifier(node: Extract<CheckedNode, { kind: 'quantifier' }>): Condition {
  const cell: ItemCell = { item: undefined }
  const body = compileTruth(node.body, cell)
  const itemsOf = compileItems(node.list)
  const settling = node.quantifier === 'exists'
  return (values) => {
    const items = itemsOf(values)
    if (!items) return undefined
    let result: Truth = !settling
    for (const item of items) {
      cell.item = item
      const truth = body(values)
      if (truth === settling) return settling
      if (truth === undefined) result = undefined
    }
    return result
  }
}

function compileItems(list: CheckedNode): (values: AttributeValues) => readonly (Value | undefined)[] | undefined {
  if (list.kind === 'list') {
    const items = list.items.map((item) => compileValue(item))
    return (values) => items.map((item) => item(values))
  }
  const value = compileValue(list)
  return (values) => {
    const items = value(values)
    return Array.isArray(items) ? items : undefined
  }
}
