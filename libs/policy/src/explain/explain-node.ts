/**
 * One condition with the value of every part of it. What the asker may not know is left out, and so is every result
 * that would tell it.
 */
import { readAttribute, type AttributeValues, type Value } from '../compile/attributes.ts'
import { spend, type Budget } from '../compile/budget.ts'
import { evaluateNode } from '../compile/closure.ts'
import { childrenOf, type AttributeSource, type Node, type TypedAttributeRef } from '../ir/condition.ts'
import { withItem } from '../ir/substitute.ts'

type CheckedNode = Node<TypedAttributeRef>
export type MayKnow = (attribute: { readonly source: AttributeSource; readonly name: string }) => boolean

/**
 * `result` is null when it is unknown, and absent when it is redacted. Instants are RFC 3339 texts, lengths of time are
 * milliseconds. `at` is the offset in the source. A quantifier's operands after its list are its condition for each
 * item.
 */
export type ExplainedNode = {
  readonly operator: string
  readonly at: number
  readonly result?: Value | null
  readonly redacted?: true
  /** `source.name`, of an attribute. */
  readonly attribute?: string
  /** The item of a quantifier an operand is about. */
  readonly item?: Value | null
  readonly operands?: readonly ExplainedNode[]
  /** How many more items there are than are shown. */
  readonly more?: number
}

/** An explanation is for reading: of a long list its beginning is enough. */
const itemsShown = 20
/**
 * Steps of telling a part, beside evaluating it; a result that is told counts by its characters, for each part that
 * reads a text tells it again.
 */
const stepsToTell = 20
const charactersPerStep = 4

/** `budget` bounds the explanation: once it is spent, parts have no result. */
type Explaining = {
  readonly values: AttributeValues
  readonly redaction: Redaction
  readonly budget: Budget
  readonly told: Told
}

/** How many parts were told so far, of all conditions of an explanation. */
export type Told = { parts: number }

export type Redaction = {
  /** Whether the part reads what the asker may not know. */
  isRedacted(node: CheckedNode): boolean
}

/**
 * Each part and each attribute is asked about once, for conditions are deep and attributes are read often. A part that
 * is asked about is a step.
 */
export function createRedaction(mayKnow: MayKnow, budget: Budget): Redaction {
  const parts = new Map<CheckedNode, boolean>()
  const attributes = new Map<string, boolean>()
  const isHidden = (node: Extract<CheckedNode, { kind: 'attribute' }>): boolean => {
    const name = `${node.source}.${node.name}`
    const hidden = attributes.get(name) ?? !mayKnow(node)
    attributes.set(name, hidden)
    return hidden
  }
  const isRedacted = (node: CheckedNode): boolean => {
    const known = parts.get(node)
    if (known !== undefined) return known
    budget.left -= 1
    const redacted = node.kind === 'attribute' ? isHidden(node) : childrenOf(node).some(isRedacted)
    parts.set(node, redacted)
    return redacted
  }
  return { isRedacted }
}

export function explainNode(node: CheckedNode, explaining: Explaining): ExplainedNode {
  const { operator, attribute } = nameOf(node)
  const redacted = explaining.redaction.isRedacted(node)
  explaining.told.parts += 1
  if (!spend(explaining.budget, stepsToTell)) return { operator, at: node.at }
  return {
    operator,
    at: node.at,
    ...(redacted ? { redacted } : resultShown(node, explaining)),
    ...(attribute === undefined ? {} : { attribute }),
    ...operandsOf(node, explaining),
  }
}

/** Of a long list its beginning, and how many more there are. */
function resultShown(node: CheckedNode, explaining: Explaining): Pick<ExplainedNode, 'result' | 'more'> {
  const result = resultOf(node, explaining)
  if (!Array.isArray(result)) return { result: isTold(result, explaining) ? result : null }
  const shown = (result as readonly string[]).slice(0, itemsShown)
  if (!shown.every((item) => isTold(item, explaining))) return { result: null }
  return shown.length < result.length ? { result: shown, more: result.length - shown.length } : { result: shown }
}

const isTold = (result: Value | null, { budget }: Explaining): boolean =>
  typeof result !== 'string' || spend(budget, Math.ceil(result.length / charactersPerStep))

function resultOf(node: CheckedNode, { values, budget }: Explaining): Value | null {
  if (node.kind === 'list') return node.items.map((item) => String(evaluateNode(item, values, budget) ?? null))
  const value = evaluateNode(node, values, budget)
  if (value === undefined) return null
  const isInstant = node.kind === 'instant' || (node.kind === 'attribute' && node.type === 'timestamp')
  return isInstant && typeof value === 'number' ? instantText(value) : value
}

const instantText = (epochMs: number): Value =>
  Math.abs(epochMs) <= 8.64e15 ? new Date(epochMs).toISOString() : epochMs

function nameOf(node: CheckedNode): { operator: string; attribute?: string } {
  switch (node.kind) {
    case 'attribute':
      return { operator: 'attribute', attribute: `${node.source}.${node.name}` }
    case 'literal':
    case 'instant':
    case 'duration':
      return { operator: 'constant' }
    case 'not':
      return { operator: '!' }
    case 'and':
      return { operator: '&&' }
    case 'or':
      return { operator: '||' }
    case 'compare':
      return { operator: node.operator }
    case 'text':
      return { operator: node.test }
    case 'elapsed':
      return { operator: '-' }
    case 'cidr':
      return { operator: `inCidr ${node.network}` }
    case 'quantifier':
      return { operator: node.quantifier }
    default:
      return { operator: node.kind }
  }
}

function operandsOf(node: CheckedNode, explaining: Explaining): { operands?: ExplainedNode[]; more?: number } {
  if (node.kind === 'quantifier') return itemsOf(node, explaining)
  const children = childrenOf(node)
  return children.length === 0 ? {} : { operands: children.map((child) => explainNode(child, explaining)) }
}

function itemsOf(
  { list, body }: Extract<CheckedNode, { kind: 'quantifier' }>,
  explaining: Explaining,
): { operands: ExplainedNode[]; more?: number } {
  const explainedList = explainNode(list, explaining)
  const items = explaining.redaction.isRedacted(list) ? [] : itemNodes(list, explaining)
  const shown = items.slice(0, itemsShown).map((item) => ({
    ...explainNode(withItem(body, item), explaining),
    item: resultShown(item, explaining).result ?? null,
  }))
  const more = items.length - shown.length
  return { operands: [explainedList, ...shown], ...(more > 0 ? { more } : {}) }
}

function itemNodes(list: CheckedNode, { values, budget }: Explaining): readonly CheckedNode[] {
  if (list.kind === 'list') return list.items
  const items = list.kind === 'attribute' ? readAttribute(values, list, budget) : undefined
  return Array.isArray(items) ? items.map((value: string) => ({ kind: 'literal', at: list.at, value })) : []
}
