/**
 * A filter as PostgreSQL says it, in pieces: text, parameters and the caller's columns, so that a driver or a query
 * builder can put them together its own way. NULL is a missing attribute, and SQL's own three-valued logic does the
 * rest; the exceptions are named where they are.
 */
import type { AttributeType, CompareOperator } from '../ir/condition.ts'
import type { AttributeOperand, ConstantOperand, Filter, ListOperand, Operand } from './filter.ts'

/** PostgreSQL's name of a parameter's type. */
export type ParameterType =
  'text' | 'float8' | 'boolean' | 'timestamptz' | 'text[]' | 'float8[]' | 'boolean[]' | 'timestamptz[]'
export type Parameter = {
  readonly value: string | number | boolean | readonly (string | number | boolean)[]
  readonly type: ParameterType
}
/** `type` is what the attribute in the column is. */
export type Piece =
  string | { readonly parameter: Parameter } | { readonly column: string; readonly type: AttributeType }

type ScalarType = 'string' | 'number' | 'boolean' | 'timestamp' | 'duration'

/** A tagged template over pieces. */
function sql(texts: TemplateStringsArray, ...parts: readonly (readonly Piece[])[]): Piece[] {
  return texts.flatMap((text, index) => [...(text === '' ? [] : [text]), ...(parts[index] ?? [])])
}

/** A boolean expression that is true, false or NULL exactly where the filter is true, false or unknown. */
export function filterPieces(filter: Filter): Piece[] {
  switch (filter.op) {
    case 'constant':
      return filter.value === null ? sql`null::boolean` : [String(filter.value)]
    case 'and':
    case 'or':
      return [
        '(',
        ...filter.filters.flatMap((part, index) =>
          index === 0 ? filterPieces(part) : [` ${filter.op} `, ...filterPieces(part)],
        ),
        ')',
      ]
    case 'not':
      return sql`(not ${filterPieces(filter.filter)})`
    case 'has':
      return sql`(${attributePieces(filter.attribute)} is not null)`
    case 'in':
      return membershipPieces(filter)
    case 'startsWith':
      return sql`starts_with(${operandPieces(filter.left)} collate "C", ${operandPieces(filter.right)})`
    case 'contains':
      return sql`(strpos(${operandPieces(filter.left)} collate "C", ${operandPieces(filter.right)}) > 0)`
    case 'endsWith':
      return sql`(right(${operandPieces(filter.left)},
        char_length(${operandPieces(filter.right)})) collate "C" = ${operandPieces(filter.right)})`
    default:
      return comparisonPieces(filter)
  }
}

/** Two columns may bring two collations, between which PostgreSQL does not choose. */
function membershipPieces({ left, right }: Extract<Filter, { readonly op: 'in' }>): Piece[] {
  const collation = typeOf(left) === 'string' && isColumn(left) && 'attribute' in right ? ' collate "C"' : ''
  return sql`(${comparablePieces(left)}${[collation]} = any(${listPieces(right)}))`
}

type Comparison = Extract<Filter, { readonly op: CompareOperator }>

const sqlOperator: { readonly [O in CompareOperator]: string } = {
  '==': '=',
  '!=': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
}

/**
 * Text is ordered by code point. Equality needs no collation but where two columns bring different ones, and stays open
 * to their indexes.
 */
function comparisonPieces({ op, left, right }: Comparison): Piece[] {
  const type = typeOf(left)
  const isBetweenColumns = isColumn(left) && isColumn(right)
  const collation = type === 'string' && (isBetweenColumns || (op !== '==' && op !== '!=')) ? ' collate "C"' : ''
  const cast = type === 'number' && isBetweenColumns ? '::float8' : ''
  // `column < instant` and `column >= instant` say the same of an instant and of its millisecond, so they may use an
  // index.
  const isLeftExact = type === 'timestamp' && 'instant' in right && (op === '<' || op === '>=')
  const isRightExact = type === 'timestamp' && 'instant' in left && (op === '>' || op === '<=')
  const a = isLeftExact ? operandPieces(left) : comparablePieces(left)
  const b = isRightExact ? operandPieces(right) : comparablePieces(right)
  return sql`(${a}${[cast]}${[collation]} ${[sqlOperator[op]]} ${b}${[cast]})`
}

const isColumn = (operand: Operand): boolean => 'attribute' in operand

/** Instants have whole milliseconds; a column may have more. */
function comparablePieces(operand: Operand): Piece[] {
  return 'attribute' in operand && operand.type === 'timestamp'
    ? sql`date_trunc('milliseconds', ${operandPieces(operand)})`
    : operandPieces(operand)
}

function operandPieces(operand: Operand): Piece[] {
  if ('attribute' in operand) return attributePieces(operand)
  if ('size' in operand)
    return operand.size.type === 'string_list'
      ? sql`cardinality(${attributePieces(operand.size)})`
      : sql`char_length(${attributePieces(operand.size)})`
  if ('elapsed' in operand) {
    const { later, earlier } = operand.elapsed
    return sql`(extract(epoch from (${comparablePieces(later)} - ${comparablePieces(earlier)})) * 1000)`
  }
  if ('formula' in operand) return filterPieces(operand.formula)
  const { value, type } = parameterOf(operand)
  return sql`${[{ parameter: { value, type } }]}::${[type]}`
}

/**
 * A list holds texts and nothing else: one with a NULL in it, or of more dimensions, is no value, as it is in a
 * decision. (`= any` would find a text beside the NULL.)
 */
function attributePieces({ attribute, type }: AttributeOperand): Piece[] {
  const column: Piece[] = [{ column: attribute, type }]
  if (type !== 'string_list') return column
  return sql`(case when array_ndims(${column}) > 1 then null when array_position(${column}, null) is null
    then ${column} end)`
}

/** `= any` of an empty array is false also of NULL, as `in` is. */
function listPieces(list: ListOperand): Piece[] {
  if ('attribute' in list) return attributePieces(list)
  const parameters = list.list.map(parameterOf)
  const type = `${parameters[0]?.type ?? 'text'}[]` as ParameterType
  return sql`${[{ parameter: { value: parameters.map(({ value }) => value), type } }]}::${[type]}`
}

type ScalarParameter = {
  readonly value: string | number | boolean
  readonly type: 'text' | 'float8' | 'boolean' | 'timestamptz'
}

function parameterOf(operand: ConstantOperand): ScalarParameter {
  if ('instant' in operand) return { value: new Date(operand.instant).toISOString(), type: 'timestamptz' }
  if ('duration' in operand) return { value: operand.duration, type: 'float8' }
  const { value } = operand
  if (typeof value === 'string') return { value, type: 'text' }
  return typeof value === 'number' ? { value, type: 'float8' } : { value, type: 'boolean' }
}

const scalarOf = (type: AttributeType): ScalarType => (type === 'string_list' ? 'string' : type)

function typeOf(operand: Operand): ScalarType {
  if ('attribute' in operand) return scalarOf(operand.type)
  if ('size' in operand) return 'number'
  if ('elapsed' in operand || 'duration' in operand) return 'duration'
  if ('instant' in operand) return 'timestamp'
  if ('formula' in operand) return 'boolean'
  return typeof operand.value as 'string' | 'number' | 'boolean'
}
