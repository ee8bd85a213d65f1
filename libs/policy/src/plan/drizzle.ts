/** A filter for drizzle's `.where()`. Its `sql` comes as an argument, so the engine depends on no query builder. */
import type { Filter } from './filter.ts'
import { columnOf } from './render-sql.ts'
import { filterPieces } from './sql-pieces.ts'

/** What is used of drizzle's `sql`. */
export type DrizzleSql<S> = {
  raw(text: string): S
  param(value: unknown): unknown
  join(chunks: never[]): S
}

/**
 * @param o.columns by attribute name, a drizzle column or `sql` expression; see `SqlColumns` for its types
 * @throws Error with `code: 'unmapped_attribute'` when the filter reads an attribute that `columns` lacks
 */
export function drizzleFilter<S>(
  sql: DrizzleSql<S>,
  o: { readonly filter: Filter; readonly columns: { readonly [attribute: string]: unknown } },
): S {
  const chunks = filterPieces(o.filter).map((piece): unknown => {
    if (typeof piece === 'string') return sql.raw(piece)
    return 'column' in piece ? columnOf(o.columns, piece.column) : sql.param(piece.parameter.value)
  })
  return sql.join(chunks as never[])
}
