/** A filter as text and parameters, for `WHERE`: it is true for the rows that `decide` allows, and for no other. */
import type { Filter } from './filter.ts'
import { filterPieces, type Parameter } from './sql-pieces.ts'

/**
 * By attribute name, the SQL expression that gives its value: a column, or anything else of the caller's. It is put into the text as it is.
 * Types: text (of a deterministic collation), a number that is finite and fits a double (cast a `real` yourself: it has other digits),
 * boolean, timestamptz (finite), text[]. NULL is a missing attribute.
 */
export type SqlColumns = { readonly [attribute: string]: string }

export type RenderedSql = { readonly text: string; readonly params: readonly Parameter['value'][] }

/**
 * Renders for PostgreSQL with `$1`, `$2`, ….
 * @throws Error with `code: 'unmapped_attribute'` and `attribute` when the filter reads one that `columns` lacks
 */
export function renderSql(filter: Filter, columns: SqlColumns): RenderedSql {
  const params: Parameter['value'][] = []
  const text = filterPieces(filter)
    .map((piece) => {
      if (typeof piece === 'string') return piece
      if ('column' in piece) return `(${columnOf(columns, piece.column)})`
      return `$${params.push(piece.parameter.value)}`
    })
    .join('')
  return { text, params }
}

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
