/** Turns a checked condition into closures once, so that deciding walks no tree and looks nothing up but attributes. */
import type { CheckedIr, CompareOperator, Node, TextTest, TypedAttributeRef } from '../ir/condition.ts'
import { isInNetwork, parseAddress, parseNetwork } from '../ir/network.ts'
import { attributeReader, type AttributeValues, type Value } from './attributes.ts'
import {
  createBudget,
  hasText,
  spend,
  stepsOfCharacters,
  stepsOfSearch,
  stepsOfText,
  stepsPerEvaluation,
  type Budget,
} from './budget.ts'
import type { TruthClosure, ValueClosure } from './closure-types.ts'
import { anyEqual, membershipOfConstants } from './membership.ts'
import { fixedSteps, isOfConstants } from './steps.ts'
import { compareText, textLength, type Truth } from './truth.ts'

/** A condition takes its steps from the budget. With a spent one it is unknown. */
export type Condition = (values: AttributeValues, budget?: Budget) => Truth
type CheckedNode = Node<TypedAttributeRef>
/**
 * Where a quantifier leaves the item it is at for the closures of its body. A closure runs to its end before anything
 * else does and quantifiers do not nest, so one cell per quantifier is enough, and conditions without one pay nothing
 * for it.
 */
type ItemCell = { item: Value | undefined }

/** The condition as a function. Pure; never throws, whatever the values are. */
export function compileCondition(ir: CheckedIr): Condition {
  const steps = fixedSteps(ir.root)
  const root = compileTruth(ir.root)
  return (values, budget = createBudget(stepsPerEvaluation)) =>
    spend(budget, steps) ? root(values, budget) : undefined
}

const compiled = new WeakMap<CheckedIr, Condition>()

/**
 * The same function for the same object: of a set that is compiled again, only the conditions that are new cost
 * anything.
 */
export function compiledOnce(ir: CheckedIr): Condition {
  const condition = compiled.get(ir) ?? compileCondition(ir)
  compiled.set(ir, condition)
  return condition
}

/** Compiling a node takes some times what evaluating it takes. */
const stepsToCompile = 4

/** Any node's value, for the readers that look at parts of a condition. */
export function evaluateNode(node: CheckedNode, values: AttributeValues, budget: Budget): Value | undefined {
  if (node.kind === 'literal') return spend(budget, 1) ? node.value : undefined
  return spend(budget, stepsToCompile * fixedSteps(node)) ? compileValue(node)(values, budget) : undefined
}

function compileTruth(node: CheckedNode, cell?: ItemCell): TruthClosure {
  switch (node.kind) {
    case 'and':
      return compileAnd(node.operands.map((operand) => compileTruth(operand, cell)))
    case 'or':
      return compileOr(node.operands.map((operand) => compileTruth(operand, cell)))
    case 'not': {
      const operand = compileTruth(node.operand, cell)
      return (values, budget) => {
        const truth = operand(values, budget)
        return truth === undefined ? undefined : !truth
      }
    }
    case 'has': {
      const attribute = attributeReader(node.attribute)
      return (values, budget) => attribute(values, budget) !== undefined
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
      return (values, budget) => {
        const truth = value(values, budget)
        return typeof truth === 'boolean' ? truth : undefined
      }
    }
  }
}

function compileAnd(operands: readonly TruthClosure[]): TruthClosure {
  return (values, budget) => {
    let result: Truth = true
    for (const operand of operands) {
      const truth = operand(values, budget)
      if (truth === false) return false
      if (truth === undefined) result = undefined
    }
    return result
  }
}

function compileOr(operands: readonly TruthClosure[]): TruthClosure {
  return (values, budget) => {
    let result: Truth = false
    for (const operand of operands) {
      const truth = operand(values, budget)
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
      return (values, budget) => {
        const to = later(values, budget)
        const from = earlier(values, budget)
        return typeof to === 'number' && typeof from === 'number' ? to - from : undefined
      }
    }
    case 'size': {
      const { operand } = node
      if (operand.kind === 'list') return () => operand.items.length
      const sized = compileValue(operand, cell)
      return (values, budget) => {
        const value = sized(values, budget)
        if (typeof value === 'string')
          return spend(budget, stepsOfCharacters(value.length)) ? textLength(value) : undefined
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

function compileComparison(node: Extract<CheckedNode, { kind: 'compare' }>, cell?: ItemCell): TruthClosure {
  const left = compileValue(node.left, cell)
  const right = compileValue(node.right, cell)
  const { operator } = node
  if (operator === '==' || operator === '!=') {
    const wanted = operator === '=='
    return (values, budget) => {
      const a = left(values, budget)
      const b = right(values, budget)
      if (a === undefined || b === undefined) return undefined
      budget.left -= stepsOfText(a)
      return (a === b) === wanted
    }
  }
  const test = orderTests[operator]
  return (values, budget) => {
    const a = left(values, budget)
    const b = right(values, budget)
    if (typeof a === 'number' && typeof b === 'number') return test(a - b)
    if (typeof a !== 'string' || typeof b !== 'string') return undefined
    return spend(budget, stepsOfCharacters(Math.min(a.length, b.length))) ? test(compareText(a, b)) : undefined
  }
}

/** `x in [a, b]` is `x == a || x == b`, unknowns included; so nothing is in the empty list. */
function compileMembership(node: Extract<CheckedNode, { kind: 'in' }>, cell?: ItemCell): TruthClosure {
  const needle = compileValue(node.needle, cell)
  if (node.haystack.kind === 'list') {
    // Constants, which nearly every list is made of, need no list made anew.
    if (isOfConstants(node.haystack)) return membershipOfConstants(needle, constantsOf(node.haystack.items))
    const items = node.haystack.items.map((item) => compileValue(item, cell))
    return (values, budget) => anyEqual(needle(values, budget), { items, values, budget })
  }
  const haystack = compileValue(node.haystack, cell)
  return (values, budget) => {
    const list = haystack(values, budget)
    if (!Array.isArray(list)) return undefined
    const value = needle(values, budget)
    if (value === undefined) return list.length === 0 ? false : undefined
    return hasText(list, value as string, budget)
  }
}

const constantsOf = (items: readonly CheckedNode[]): ReadonlySet<Value> =>
  new Set(items.flatMap((item) => (item.kind === 'literal' ? [item.value] : [])))

const textTests: { readonly [T in TextTest]: (text: string, argument: string) => boolean } = {
  startsWith: (text, argument) => text.startsWith(argument),
  endsWith: (text, argument) => text.endsWith(argument),
  contains: (text, argument) => text.includes(argument),
}

const stepsOfEnd = (_text: string, part: string): number => stepsOfText(part)

function compileText(node: Extract<CheckedNode, { kind: 'text' }>, cell?: ItemCell): TruthClosure {
  const subject = compileValue(node.subject, cell)
  const argument = compileValue(node.argument, cell)
  const test = textTests[node.test]
  const steps = node.test === 'contains' ? stepsOfSearch : stepsOfEnd
  return (values, budget) => {
    const text = subject(values, budget)
    const part = argument(values, budget)
    if (typeof text !== 'string' || typeof part !== 'string') return undefined
    return spend(budget, steps(text, part)) ? test(text, part) : undefined
  }
}

function compileNetworkTest(node: Extract<CheckedNode, { kind: 'cidr' }>, cell?: ItemCell): TruthClosure {
  const address = compileValue(node.address, cell)
  const network = parseNetwork(node.network)
  return (values, budget) => {
    const text = address(values, budget)
    const parsed = typeof text === 'string' ? parseAddress(text) : undefined
    return parsed && network ? isInNetwork(parsed, network) : undefined
  }
}

/** `exists` is the body's `||` over the items and `all` its `&&`, unknowns included. */
function compileQuantifier(node: Extract<CheckedNode, { kind: 'quantifier' }>): TruthClosure {
  const cell: ItemCell = { item: undefined }
  const body = compileTruth(node.body, cell)
  const steps = 1 + fixedSteps(node.body)
  const itemsOf = compileItems(node.list)
  const settling = node.quantifier === 'exists'
  return (values, budget) => {
    const items = itemsOf(values, budget)
    if (!items) return undefined
    let result: Truth = !settling
    for (const item of items) {
      if (!spend(budget, steps)) return undefined
      cell.item = item
      const truth = body(values, budget)
      if (truth === settling) return settling
      if (truth === undefined) result = undefined
    }
    return result
  }
}

function compileItems(
  list: CheckedNode,
): (values: AttributeValues, budget: Budget) => readonly (Value | undefined)[] | undefined {
  if (list.kind === 'list') {
    const items = list.items.map((item) => compileValue(item))
    return (values, budget) => items.map((item) => item(values, budget))
  }
  const value = compileValue(list)
  return (values, budget) => {
    const items = value(values, budget)
    return Array.isArray(items) ? items : undefined
  }
}
