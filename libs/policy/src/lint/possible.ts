/**
 * What a part of a condition can come out as, whatever the attributes are: constants are folded by the closures that
 * decide, and a missing attribute is always possible. Sound, not complete: what it calls constant is, what it does not
 * may still be.
 */
import { createBudget, isSpent, stepsPerEvaluation } from '../compile/budget.ts'
import { evaluateNode } from '../compile/closure.ts'
import type { Truth } from '../compile/truth.ts'
import { childrenOf, type Node, type TypedAttributeRef } from '../ir/condition.ts'

type CheckedNode = Node<TypedAttributeRef>
export type Possible = ReadonlySet<Truth>

const anything: Possible = new Set([true, false, undefined])
const answered: Possible = new Set([true, false])

const isConstant = (node: CheckedNode): boolean =>
  node.kind !== 'attribute' && node.kind !== 'variable' && childrenOf(node).every(isConstant)

/** The answers a boolean node can have. */
export function possibleTruths(node: CheckedNode): Possible {
  switch (node.kind) {
    case 'and':
    case 'or':
      return joined(node.kind, node.operands.map(possibleTruths))
    case 'not':
      return new Set([...possibleTruths(node.operand)].map((truth) => (truth === undefined ? undefined : !truth)))
    case 'has':
      return answered
    case 'quantifier':
      return possibleOfQuantifier(node)
    case 'in':
      if (node.haystack.kind === 'list' && node.haystack.items.length === 0) return new Set([false])
      return folded(node)
    default:
      return folded(node)
  }
}

function folded(node: CheckedNode): Possible {
  if (!isConstant(node)) return anything
  const budget = createBudget(stepsPerEvaluation)
  const value = evaluateNode(node, {}, budget)
  return isSpent(budget) ? anything : new Set([typeof value === 'boolean' ? value : undefined])
}

/** A list may be empty or unknown, unless it is written out. */
function possibleOfQuantifier({ quantifier, list, body }: Extract<CheckedNode, { kind: 'quantifier' }>): Possible {
  const ofEmpty = quantifier === 'all'
  if (list.kind !== 'list') return new Set([ofEmpty, undefined, ...possibleTruths(body)])
  if (list.items.length === 0) return new Set([ofEmpty])
  const each = possibleTruths(body)
  return joined(
    quantifier === 'all' ? 'and' : 'or',
    list.items.map(() => each),
  )
}

function joined(op: 'and' | 'or', parts: readonly Possible[]): Possible {
  const settling = op === 'or'
  return parts.reduce<Possible>(
    (sofar, part) =>
      new Set(
        [...sofar].flatMap((a) =>
          [...part].map((b) =>
            a === settling || b === settling ? settling : a === undefined || b === undefined ? undefined : !settling,
          ),
        ),
      ),
    new Set([!settling]),
  )
}

/** The one answer a node always has, or undefined when there are several or it is never known. */
export function onlyAnswer(node: CheckedNode): boolean | undefined {
  const possible = possibleTruths(node)
  return possible.size === 1 ? [...possible][0] : undefined
}
