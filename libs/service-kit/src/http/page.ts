/**
 * Cursor lists: the cursor is opaque to clients (base64url JSON) and proves nothing, so what it names is still scoped
 * by the query it is used in.
 */
import { problem } from '../errors/app-error.ts'
import { isStorableText } from './storable-text.ts'

/** Values the next page starts after; strings and numbers only. */
export type CursorValues = readonly (string | number)[]

export const encodeCursor = (values: CursorValues): string => Buffer.from(JSON.stringify(values)).toString('base64url')

/**
 * The values of a cursor, or undefined when none was given.
 * @throws AppError `invalid_cursor` when it is not one with exactly `length` values that `isValid` accepts.
 */
export function decodeCursor(
  cursor: string | undefined,
  length: number,
  isValid: (values: CursorValues) => boolean = () => true,
): (string | number)[] | undefined {
  if (cursor === undefined) return undefined
  const values = parse(cursor)
  if (values === undefined || values.length !== length || !isValid(values)) throw problem('invalid_cursor')
  return values
}

function parse(cursor: string): (string | number)[] | undefined {
  if (cursor.length > 512 || !/^[A-Za-z0-9_-]+$/.test(cursor)) return undefined
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (
      !Array.isArray(values) ||
      !values.every((value) => (typeof value === 'string' && isStorableText(value)) || Number.isSafeInteger(value))
    )
      return undefined
    return values as (string | number)[]
  } catch {
    return undefined
  }
}

export type PageOf<Row> = { data: Row[]; page: { next_cursor: string | null; has_more: boolean } }

/** A page out of at most `limit + 1` rows: the extra row only tells that there is more. */
export function pageOf<Row>(rows: readonly Row[], limit: number, cursorOf: (last: Row) => CursorValues): PageOf<Row> {
  const data = rows.slice(0, limit)
  const last = data.at(-1)
  const hasMore = rows.length > limit && last !== undefined
  return { data, page: { next_cursor: hasMore ? encodeCursor(cursorOf(last)) : null, has_more: hasMore } }
}
