/** Turns a checked condition into closures once, so that deciding walks no tree and looks nothing up but attributes. */
import type { CheckedIr, CompareOperator, Node, TextTest, TypedAttributeRef } from '../ir/condition.ts'
import { readAttribute, type AttributeValues, type Value } from './attributes.ts'
import { compareText, textLength, type Truth } from './truth.ts'

export type Condition = (values: AttributeValues) => Truth
type ValueClosure = (values: AttributeValues) => Value | undefined
type CheckedNode = Node<TypedAttributeRef>

/** The condition as a function. Pure; never throws, whatever the values are. */
export const compileCondition = (ir: CheckedIr): Condition => compileTruth(ir.root)

function compileTruth(node: CheckedNode): Condition {
  switch (node.kind) {
    case 'and':
      return compileAnd(node.operands.map(compileTruth))
    case 'or':
      return compileOr(node.operands.map(compileTruth))
    case 'not': {
      const operand = compileTruth(node.operand)
      return (values) => {
        const truth = operand(values)
        return truth === undefined ? undefined : !truth
      }
    }
    case 'has': {
      const { attribute } = node
      return (values) => readAttribute(values, attribute) !== undefined
    }
    case 'compare':
      return compileComparison(node)
    case 'in':
      return compileMembership(node)
    case 'text':
      return compileText(node)
    default: {
      const value = compileValue(node)
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

function compileValue(node: CheckedNode): ValueClosure {
  switch (node.kind) {
    case 'literal':
      return () => node.value
    case 'instant':
      return () => node.epochMs
    case 'attribute':
      return (values) => readAttribute(values, node)
    case 'size': {
      const { operand } = node
      if (operand.kind === 'list') return () => operand.items.length
      const sized = compileValue(operand)
      return (values) => {
        const value = sized(values)
        if (typeof value === 'string') return textLength(value)
        return Array.isArray(value) ? value.length : undefined
      }
    }
    default:
      return compileTruth(node)
  }
}

const orderTests: { readonly [O in Exclude<CompareOperator, '==' | '!='>]: (order: number) => boolean } = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
}

function compileComparison(node: Extract<CheckedNode, { kind: 'compare' }>): Condition {
  const left = compileValue(node.left)
  const right = compileValue(node.right)
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
function compileMembership(node: Extract<CheckedNode, { kind: 'in' }>): Condition {
  const needle = compileValue(node.needle)
  if (node.haystack.kind === 'list') {
    const items = node.haystack.items.map(compileValue)
    return (values) => anyEqual(needle(values), items.map((item) => item(values)))
  }
  const haystack = compileValue(node.haystack)
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

function compileText(node: Extract<CheckedNode, { kind: 'text' }>): Condition {
  const subject = compileValue(node.subject)
  const argument = compileValue(node.argument)
  const test = textTests[node.test]
  return (values) => {
    const text = subject(values)
    const part = argument(values)
    return typeof text === 'string' && typeof part === 'string' ? test(text, part) : undefined
  }
}
