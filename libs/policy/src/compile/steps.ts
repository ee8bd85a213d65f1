/**
 * How many steps evaluating a node takes (see `budget.ts`): what is charged before it is evaluated, and what it can
 * come to at worst.
 */
import { childrenOf, type Node, type TypedAttributeRef } from '../ir/condition.ts'
import { longestStatedList, stepsPerEvaluation } from './budget.ts'

type CheckedNode = Node<TypedAttributeRef>

/** Reading a timestamp or an address parses a text. */
const stepsOfTimestamp = 8
const stepsOfNetworkTest = 16

/**
 * Steps of a node whatever the attributes are: its own and those below. Items a quantifier goes through are charged as
 * it does.
 */
export function fixedSteps(node: CheckedNode): number {
  if (node.kind === 'quantifier') return 1 + fixedSteps(node.list)
  return ownSteps(node) + below(node, fixedSteps)
}

function ownSteps(node: CheckedNode): number {
  if (node.kind === 'attribute' && node.type === 'timestamp') return stepsOfTimestamp
  return node.kind === 'cidr' ? stepsOfNetworkTest : 1
}

function below(node: CheckedNode, stepsOf: (child: CheckedNode) => number): number {
  // A list of constants is hashed when its condition is compiled.
  if (node.kind === 'in' && isOfConstants(node.haystack)) return 1 + stepsOf(node.needle)
  return childrenOf(node).reduce((sum, child) => sum + stepsOf(child), 0)
}

export const isOfConstants = (node: CheckedNode): boolean =>
  node.kind === 'list' && node.items.every(({ kind }) => kind === 'literal')

/** Most steps one condition may come to: half of a decision's, so that no single policy uses all of it up. */
export const mostStepsOfCondition = stepsPerEvaluation / 2

/** Steps of a condition when every list has the greatest length that can be stated. */
export function worstSteps(root: CheckedNode): number {
  const lists = new Set<string>()
  const visit = (node: CheckedNode): number => {
    // A list is walked once and hashed once, wherever it is read.
    if (node.kind === 'attribute' && node.type === 'string_list') lists.add(`${node.source}.${node.name}`)
    if (node.kind !== 'quantifier') return ownSteps(node) + below(node, visit)
    const items = node.list.kind === 'list' ? node.list.items.length : longestStatedList
    return 1 + visit(node.list) + items * (1 + visit(node.body))
  }
  return visit(root) + lists.size * 2 * longestStatedList
}
