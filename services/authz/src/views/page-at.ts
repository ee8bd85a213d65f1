/**
 * One page of a list, of now or of a moment of the past. The moment is part of the cursor, so no page is of another
 * moment than the first.
 */
import { decodeCursor, pageOf, type CursorValues, type PageOf } from '@gatehouse/service-kit/http/page'
import type { Deps } from '../deps.ts'
import { requireMoment } from '../facts/moment.ts'

export type ListQuery = {
  readonly limit?: number | undefined
  readonly cursor?: string | undefined
  readonly at?: string | undefined
}

type Pages<Row> = {
  /** Values of a place, and whether a cursor can be one. */
  readonly length: number
  isPlace(values: CursorValues): boolean
  placeOf(row: Row): CursorValues
  read(o: {
    readonly after: CursorValues | undefined
    readonly limit: number
    readonly at: Date | undefined
  }): Promise<readonly Row[]>
}

const limitByDefault = 50

/** @throws AppError `validation_failed`, `invalid_cursor` */
export async function pageAt<Row>(
  deps: Pick<Deps, 'clock'>,
  query: ListQuery,
  { length, isPlace, placeOf, read }: Pages<Row>,
): Promise<PageOf<Row> & { readonly at: Date | undefined }> {
  const at = requireMoment(deps, query.at, 'query/at')
  const moment = at === undefined ? [] : [at.getTime()]
  const after = decodeCursor(
    query.cursor,
    length + moment.length,
    (values) => values[length] === moment[0] && isPlace(values.slice(0, length)),
  )?.slice(0, length)
  const limit = query.limit ?? limitByDefault
  return { ...pageOf(await read({ after, limit: limit + 1, at }), limit, (row) => [...placeOf(row), ...moment]), at }
}
