/** A filter as text and parameters, for `WHERE`: it is true for the rows that `decide` allows, and for no other. */
import { convertedColumn, type ConvertedColumn } from './converted-column.ts'
import type { AttributeType } from '../ir/condition.ts'
import type { Filter } from './filter.ts'
import { filterPieces, type Parameter, type Piece } from './sql-pieces.ts'
import { finish, type Work } from '../compile/work.ts'

/**
 * By attribute name, the column that has its value. NULL is a missing attribute. A text is put into the statement as it
 * is, so it is code and never somebody's input; what it gives must be text (of a deterministic collation), a number
 * that is finite and fits a double (cast a `real` yourself: it has other digits), boolean, timestamptz (finite) or
 * text[].
 */
export type SqlColumns = { readonly [attribute: string]: string | ConvertedColumn }

export type RenderedSql = { readonly text: string; readonly params: readonly Parameter['value'][] }

/**
 * Renders for PostgreSQL with `$1`, `$2`, ….
 * @throws Error with `code: 'unmapped_attribute'` and `attribute` when the filter reads one that `columns` lacks
 */
export const renderSql = (filter: Filter, columns: SqlColumns): RenderedSql => finish(rendering(filter, columns))

/** Steps of writing a comparison, beside the items of its lists. */
const stepsPerComparison = 200

/** `renderSql` in parts: one for each comparison. */
export function* rendering(filter: Filter, columns: SqlColumns): Work<RenderedSql> {
  const params: Parameter['value'][] = []
  const texts: string[] = []
  const write = (pieces: readonly Piece[]): void => {
    for (const piece of pieces) {
      if (typeof piece === 'string') texts.push(piece)
      else if ('column' in piece) texts.push(columnText(columnOf(columns, piece.column), piece.type))
      else texts.push(`$${params.push(piece.parameter.value)}`)
    }
  }
  function* visit(part: Filter): Work<void> {
    if (part.op === 'and' || part.op === 'or') {
      for (const [index, inner] of part.filters.entries()) {
        write([index === 0 ? '(' : ` ${part.op} `])
        yield* visit(inner)
      }
      write([part.filters.length === 0 ? '()' : ')'])
    } else if (part.op === 'not') {
      write(['(not '])
      yield* visit(part.filter)
      write([')'])
    } else {
      write(filterPieces(part))
      yield stepsPerComparison + (part.op === 'in' && 'list' in part.right ? part.right.list.length : 0)
    }
  }
  yield* visit(filter)
  return { text: texts.join(''), params }
}

const columnText = (column: SqlColumns[string], type: AttributeType): string =>
  typeof column === 'string' ? `(${column})` : convertedColumn(column, type)

/** What the caller maps the attribute to, by own property only. */
export function columnOf<C>(columns: { readonly [attribute: string]: C }, attribute: string): C {
  const column = Object.hasOwn(columns, attribute) ? columns[attribute] : undefined
  if (column === undefined)
    throw Object.assign(new Error(`resource.${attribute} has no column`), {
      code: 'unmapped_attribute' as const,
      attribute,
    })
  return column
}
