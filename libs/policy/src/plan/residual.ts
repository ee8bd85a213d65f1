/**
 * Partial evaluation of one condition: what is known is evaluated by the very closures that decide, what depends on an
 * open attribute of the resource becomes a formula over it. Nothing is approximated: what a formula cannot say becomes
 * a `not_filterable` leaf.
 */
import { readAttribute, type AttributeValues, type Value } from '../compile/attributes.ts'
import { isSpent, spend, type Budget } from '../compile/budget.ts'
import { evaluateNode } from '../compile/closure.ts'
import { fixedSteps } from '../compile/steps.ts'
import { childrenOf, type CompareOperator, type Node, type TextTest, type TypedAttributeRef } from '../ir/condition.ts'
import { withItem } from '../ir/substitute.ts'
import {
  constant,
  join,
  negate,
  type AttributeOperand,
  type ConstantOperand,
  type NotFilterable,
  type OperandOf,
  type Residual,
} from './filter.ts'
import { isStorableInstant, isStorableText } from './storable.ts'

export type CheckedNode = Node<TypedAttributeRef>
/** `policy` is named in refusals. Once the budget is spent, what remains is unknown and does not count. */
export type Known = { readonly values: AttributeValues; readonly policy: string; readonly budget: Budget }
type Found = OperandOf<NotFilterable> | NotFilterable | undefined

/** Steps of a part of a filter: it is made, joined, looked through and written, where evaluating one only reads. */
const stepsPerPart = 40
/** A text is written wherever a part names it. */
const charactersPerStep = 4

/** Items a quantifier over a known list is unfolded into at most. */
const longestUnfolding = 1000

/** An attribute of the resource that nobody gave a value for. */
export const isOpen = (ref: TypedAttributeRef, { values }: Known): boolean =>
  ref.source === 'resource' && !(values.resource !== undefined && Object.hasOwn(values.resource, ref.name))

function readsOpen(node: CheckedNode, known: Known): boolean {
  known.budget.left -= 1
  if (node.kind === 'attribute') return isOpen(node, known)
  if (node.kind === 'literal' || (node.kind === 'size' && node.operand.kind === 'list')) return false
  return childrenOf(node).some((child) => readsOpen(child, known))
}

const refusal = (node: CheckedNode, { known, message }: { known: Known; message: string }): NotFilterable => ({
  op: 'not_filterable',
  policy: known.policy,
  message,
  at: node.at,
})
const isRefusal = (found: Found): found is NotFilterable => found !== undefined && 'op' in found
const constantOf = (value: Value | undefined): Residual => constant(typeof value === 'boolean' ? value : null)

/** What a boolean node amounts to. */
export function residualOf(node: CheckedNode, known: Known): Residual {
  if (isSpent(known.budget)) return constant(null)
  // An `in` over a list in brackets has parts that are settled one by one.
  if (!readsOpen(node, known)) return constantOf(evaluateNode(node, known.values, known.budget))
  if (!spend(known.budget, stepsPerPart)) return constant(null)
  switch (node.kind) {
    case 'and':
    case 'or':
      return join(
        node.kind,
        node.operands.map((operand) => residualOf(operand, known)),
      )
    case 'not':
      return negate(residualOf(node.operand, known))
    case 'has':
      return { op: 'has', attribute: attributeOperand(node.attribute) }
    case 'attribute':
      return { op: '==', left: attributeOperand(node), right: { value: true } }
    case 'compare':
      return binary(node.operator, { left: node.left, right: node.right, known })
    case 'text':
      return binary(node.test, { left: node.subject, right: node.argument, known })
    case 'in':
      return residualMembership(node, known)
    case 'quantifier':
      return residualQuantifier(node, known)
    case 'cidr':
      return refusal(node, { known, message: 'inCidr() on an attribute of the resource cannot be a filter' })
    default:
      return refusal(node, { known, message: 'this cannot be a filter' })
  }
}

type Sides = { readonly left: CheckedNode; readonly right: CheckedNode; readonly known: Known }

function binary(op: CompareOperator | TextTest, { left, right, known }: Sides): Residual {
  const a = operandOf(left, known)
  const b = operandOf(right, known)
  if (a === undefined || b === undefined) return constant(null)
  if (isRefusal(a)) return a
  return isRefusal(b) ? b : ({ op, left: a, right: b } as Residual)
}

const attributeOperand = (ref: TypedAttributeRef): AttributeOperand => ({ attribute: ref.name, type: ref.type })

/** The operand, or undefined when it is unknown whatever the resource is. */
function operandOf(node: CheckedNode, known: Known): Found {
  if (!readsOpen(node, known))
    return constantOperand(node, { value: evaluateNode(node, known.values, known.budget), known })
  switch (node.kind) {
    case 'attribute':
      return attributeOperand(node)
    case 'size':
      return node.operand.kind === 'attribute'
        ? { size: attributeOperand(node.operand) }
        : refusal(node, { known, message: 'this size() cannot be a filter' })
    case 'elapsed':
      return elapsedOperand(node, known)
    default: {
      const formula = residualOf(node, known)
      if (formula.op !== 'constant') return { formula }
      return formula.value === null ? undefined : { value: formula.value }
    }
  }
}

function elapsedOperand(node: Extract<CheckedNode, { kind: 'elapsed' }>, known: Known): Found {
  const later = operandOf(node.later, known)
  const earlier = operandOf(node.earlier, known)
  if (later === undefined || earlier === undefined) return undefined
  if (isRefusal(later)) return later
  if (isRefusal(earlier)) return earlier
  return isInstant(later) && isInstant(earlier)
    ? { elapsed: { later, earlier } }
    : refusal(node, { known, message: 'this difference cannot be a filter' })
}

const isInstant = (operand: OperandOf<NotFilterable>): operand is AttributeOperand | ConstantOperand =>
  'instant' in operand || 'attribute' in operand

function constantOperand(
  node: CheckedNode,
  { value, known }: { value: Value | undefined; known: Known },
): ConstantOperand | NotFilterable | undefined {
  if (value === undefined || Array.isArray(value)) return undefined
  if (typeof value === 'string' && !spend(known.budget, Math.ceil(value.length / charactersPerStep))) return undefined
  if (typeof value === 'string')
    return isStorableText(value)
      ? { value }
      : refusal(node, { known, message: 'a text with a NUL or half a surrogate pair cannot be in a filter' })
  if (
    typeof value === 'number' &&
    (node.kind === 'instant' || (node.kind === 'attribute' && node.type === 'timestamp'))
  ) {
    return isStorableInstant(value)
      ? { instant: value }
      : refusal(node, { known, message: 'an instant outside the years 1 to 9999 cannot be in a filter' })
  }
  if (typeof value === 'number' && (node.kind === 'duration' || node.kind === 'elapsed')) return { duration: value }
  return { value: value as number | boolean }
}

function residualMembership(node: Extract<CheckedNode, { kind: 'in' }>, known: Known): Residual {
  const { needle, haystack } = node
  if (haystack.kind === 'attribute' && isOpen(haystack, known)) return inOpenList(needle, { list: haystack, known })
  const items = itemsOf(haystack, known)
  if (!items) return constant(null)
  if (items.length === 0) return constant(false)
  const left = operandOf(needle, known)
  const constants = items.map((item) =>
    readsOpen(item, known)
      ? undefined
      : constantOperand(item, { value: evaluateNode(item, known.values, known.budget), known }),
  )
  const list = constants.flatMap((item) => (item === undefined || isRefusal(item) ? [] : [item]))
  if (left && !isRefusal(left) && readsOpen(needle, known) && list.length === items.length)
    return { op: 'in', left, right: { list } }
  return join(
    'or',
    items.map((item) => residualOf({ kind: 'compare', at: node.at, operator: '==', left: needle, right: item }, known)),
  )
}

/** Something unknown is in no empty list; in any other it might be. */
function inOpenList(needle: CheckedNode, { list, known }: { list: TypedAttributeRef; known: Known }): Residual {
  const left = operandOf(needle, known)
  if (isRefusal(left)) return left
  const right = attributeOperand(list)
  return left
    ? { op: 'in', left, right }
    : join('and', [{ op: '>', left: { size: right }, right: { value: 0 } }, constant(null)])
}

/** The items of a list that is written out or known, as nodes. */
function itemsOf(list: CheckedNode, { values, budget }: Known): readonly CheckedNode[] | undefined {
  if (list.kind === 'list') return list.items
  const items = list.kind === 'attribute' ? readAttribute(values, list, budget) : undefined
  if (!Array.isArray(items) || !spend(budget, items.length)) return undefined
  return items.map((value: string) => ({ kind: 'literal', at: list.at, value }))
}

/** Known items are put in one by one; a quantifier over a list of the resource is more than a filter can say. */
function residualQuantifier(node: Extract<CheckedNode, { kind: 'quantifier' }>, known: Known): Residual {
  const { list, body } = node
  if (list.kind === 'attribute' && isOpen(list, known))
    return refusal(node, { known, message: `${node.quantifier}() over a list of the resource cannot be a filter` })
  const other = equalTo(body)
  if (node.quantifier === 'exists' && other)
    return residualMembership({ kind: 'in', at: node.at, needle: other, haystack: list }, known)
  const items = itemsOf(list, known)
  if (!items) return constant(null)
  if (items.length > longestUnfolding)
    return refusal(node, {
      known,
      message: `${node.quantifier}() over more than ${longestUnfolding} items cannot be a filter`,
    })
  const stepsToUnfold = fixedSteps(body)
  return join(
    node.quantifier === 'exists' ? 'or' : 'and',
    items.map((item) =>
      spend(known.budget, stepsToUnfold) ? residualOf(withItem(body, item), known) : constant(null),
    ),
  )
}

/** What `x == …` compares the item with: then `exists` is `in`, which a filter says with one list. */
function equalTo(body: CheckedNode): CheckedNode | undefined {
  if (body.kind !== 'compare' || body.operator !== '==') return undefined
  const other = body.left.kind === 'variable' ? body.right : body.right.kind === 'variable' ? body.left : undefined
  return other && !readsVariable(other) ? other : undefined
}

const readsVariable = (node: CheckedNode): boolean => node.kind === 'variable' || childrenOf(node).some(readsVariable)
