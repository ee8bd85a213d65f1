/** Places in a source text, as people count them: lines and columns from 1. */

export type Position = { readonly offset: number; readonly line: number; readonly column: number }

/** The place of a zero-based UTF-16 offset in `source`. */
export function positionOf(source: string, offset: number): Position {
  const before = source.slice(0, offset)
  const lastBreak = before.lastIndexOf('\n')
  return { offset, line: before.split('\n').length, column: offset - lastBreak }
}
