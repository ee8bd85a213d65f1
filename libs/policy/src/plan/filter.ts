/**
 * What remains of a decision when everything but the resource is known: a formula over the resource's attributes. Plain
 * JSON, in the same three-valued logic as a decision: a missing attribute is unknown, and a resource passes only when
 * the formula is exactly true.
 */
import { finish, type Work } from '../compile/work.ts'
import type { AttributeType, CompareOperator, TextTest } from '../ir/condition.ts'

/** `L` is a leaf that may stand where a formula stands; a finished filter has none. */
export type FilterOf<L> =
  | L
  /** `null` is unknown. */
  | { readonly op: 'constant'; readonly value: boolean | null }
  | { readonly op: 'and' | 'or'; readonly filters: readonly FilterOf<L>[] }
  | { readonly op: 'not'; readonly filter: FilterOf<L> }
  | { readonly op: CompareOperator; readonly left: OperandOf<L>; readonly right: OperandOf<L> }
  | { readonly op: TextTest; readonly left: OperandOf<L>; readonly right: OperandOf<L> }
  /** Equality with any item; nothing is in an empty list, not even something unknown. */
  | { readonly op: 'in'; readonly left: OperandOf<L>; readonly right: ListOperand }
  /** Whether there is a value: true or false, never unknown. */
  | { readonly op: 'has'; readonly attribute: AttributeOperand }

/** An attribute of the resource. */
export type AttributeOperand = { readonly attribute: string; readonly type: AttributeType }
export type ConstantOperand =
  | { readonly value: string | number | boolean }
  /** Milliseconds since the epoch. */
  | { readonly instant: number }
  /** Milliseconds. */
  | { readonly duration: number }
/** Constants of one type, or an attribute that is a list. */
export type ListOperand = AttributeOperand | { readonly list: readonly ConstantOperand[] }
export type OperandOf<L> =
  | AttributeOperand
  | ConstantOperand
  /** Code points of a text, items of a list. */
  | { readonly size: AttributeOperand }
  /** Milliseconds from `earlier` to `later`, both timestamps. */
  | {
      readonly elapsed: {
        readonly later: AttributeOperand | ConstantOperand
        readonly earlier: AttributeOperand | ConstantOperand
      }
    }
  | { readonly formula: FilterOf<L> }

export type Filter = FilterOf<never>
export type Operand = OperandOf<never>

/** Stands where a policy says something that no filter can. It may still be settled by what is around it. */
export type NotFilterable = {
  readonly op: 'not_filterable'
  readonly policy: string
  readonly message: string
  readonly at: number
}
export type Residual = FilterOf<NotFilterable>

export const constant = (value: boolean | null): Residual => ({ op: 'constant', value })
const unknown = { op: 'constant', value: null } as const

/** Kleene's connectives: what is settled is folded away, what is nested in its like is flattened. */
export function join(op: 'and' | 'or', filters: readonly Residual[]): Residual {
  const settling = op === 'or'
  const parts: Residual[] = []
  let hasUnknown = false
  for (const filter of filters) {
    if (filter.op === op) parts.push(...filter.filters)
    else if (filter.op !== 'constant') parts.push(filter)
    else if (filter.value === settling) return filter
    else hasUnknown ||= filter.value === null
  }
  // Flattening can bring up an unknown that was folded into a nested formula.
  const open: Residual[] = parts.filter((part) => part.op !== 'constant')
  if (hasUnknown || open.length < parts.length) open.push(unknown)
  return open.length === 1 ? open[0]! : open.length === 0 ? constant(!settling) : { op, filters: open }
}

export function negate(filter: Residual): Residual {
  if (filter.op === 'constant') return filter.value === null ? filter : constant(!filter.value)
  return filter.op === 'not' ? filter.filter : { op: 'not', filter }
}

/** Steps of looking at a part of a formula that has no parts. */
const stepsPerLeaf = 5

/**
 * The same formula for one who only asks whether it is exactly `wanted`: an unknown part then counts as the opposite,
 * because in these connectives an unknown never helps either answer.
 */
export function* asking(filter: Residual, wanted: boolean): Work<Residual> {
  switch (filter.op) {
    case 'constant':
      return filter.value === null ? constant(!wanted) : filter
    case 'and':
    case 'or': {
      const parts: Residual[] = []
      for (const part of filter.filters) parts.push(yield* asking(part, wanted))
      return join(filter.op, parts)
    }
    case 'not':
      return negate(yield* asking(filter.filter, !wanted))
    default:
      yield stepsPerLeaf
      return filter
  }
}

/** The first thing no filter can say, or undefined when the formula is a filter. */
export function* findingRefusal(filter: Residual): Work<NotFilterable | undefined> {
  switch (filter.op) {
    case 'not_filterable':
      return filter
    case 'and':
    case 'or':
      return yield* firstRefusal(filter.filters)
    case 'not':
      return yield* findingRefusal(filter.filter)
    case 'constant':
    case 'has':
      return undefined
    case 'in':
      yield stepsPerLeaf
      return yield* firstRefusal(formulasIn([filter.left]))
    default:
      yield stepsPerLeaf
      return yield* firstRefusal(formulasIn([filter.left, filter.right]))
  }
}

const formulasIn = (operands: readonly OperandOf<NotFilterable>[]): Residual[] =>
  operands.flatMap((operand) => ('formula' in operand ? [operand.formula] : []))

function* firstRefusal(filters: readonly Residual[]): Work<NotFilterable | undefined> {
  for (const filter of filters) {
    const refusal = yield* findingRefusal(filter)
    if (refusal) return refusal
  }
  return undefined
}

export const isFilter = (filter: Residual): filter is Filter => finish(findingRefusal(filter)) === undefined
