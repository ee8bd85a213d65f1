/**
 * Pages of a search (AuthZEN §8.2). Candidates are decided in a fixed order until the page is full or enough was looked at, so a page costs the same
 * whatever it finds; one that is not full may still have a next one. A token belongs to the search it was given for.
 */
import { createHash } from 'node:crypto'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { decodeCursor, encodeCursor } from '@gatehouse/service-kit/http/page'

/** Candidates in the order of their keys, after one of them. */
export type Candidates<C> = {
  list(after: string | undefined, limit: number): Promise<readonly C[]>
  keyOf(candidate: C): string
  /** Whether a key can be one of these: a token that names another is none of ours. */
  isKey?(key: string): boolean
}

type Asked = {
  readonly page?: { readonly token?: string | undefined; readonly limit?: number | undefined } | undefined
}
export type Found<R> = { results: R[]; page: { next_token: string; count: number } }

const batch = 200
/** For one page: candidates looked at, and milliseconds after which no further batch is begun. */
const mostLookedAt = 2000
const mostMs = 1000
const standardLimit = 100

/** @throws AppError `invalid_cursor` */
export async function searchPage<C, R>(
  request: Asked,
  sources: readonly Candidates<C>[],
  resultOf: (candidate: C) => R | undefined,
): Promise<Found<R>> {
  const limit = request.page?.limit ?? standardLimit
  const search = fingerprintOf(request)
  let { index, after } = placeOf(request, search, sources)
  const beganMs = performance.now()
  const results: R[] = []
  for (let lookedAt = 0; index < sources.length;) {
    const { list, keyOf } = sources[index] as Candidates<C>
    const wanted = Math.min(batch, mostLookedAt - lookedAt)
    const candidates = await list(after, wanted)
    for (const candidate of candidates) {
      if (results.length === limit) return pageOf(results, encodeCursor([search, index, after ?? '']))
      const result = resultOf(candidate)
      if (result !== undefined) results.push(result)
      after = keyOf(candidate)
    }
    lookedAt += candidates.length
    if (candidates.length < wanted) {
      index += 1
      after = undefined
    } else if (lookedAt >= mostLookedAt || performance.now() - beganMs > mostMs)
      return pageOf(results, encodeCursor([search, index, after ?? '']))
  }
  return pageOf(results, '')
}

const pageOf = <R>(results: R[], next_token: string): Found<R> => ({
  results,
  page: { next_token, count: results.length },
})

function placeOf(
  { page }: Asked,
  search: string,
  sources: readonly Pick<Candidates<never>, 'isKey'>[],
): { index: number; after: string | undefined } {
  const values = decodeCursor(page?.token === '' ? undefined : page?.token, 3)
  if (values === undefined) return { index: 0, after: undefined }
  const [of, index, after] = values
  if (of !== search || typeof index !== 'number' || index < 0 || index >= sources.length || typeof after !== 'string')
    throw problem('invalid_cursor')
  if (after !== '' && sources[index]?.isKey?.(after) === false) throw problem('invalid_cursor')
  return { index, after: after === '' ? undefined : after }
}

/** What is searched for, without the page. */
function fingerprintOf(request: Asked): string {
  const { page: _page, ...search } = request
  return createHash('sha256').update(JSON.stringify(search)).digest('base64url').slice(0, 16)
}

/** A list that is in memory already. */
export const listed = <C>(candidates: readonly C[], keyOf: (candidate: C) => string): Candidates<C> => ({
  list: async (after, limit) => {
    const begin = after === undefined ? 0 : candidates.findIndex((candidate) => keyOf(candidate) === after) + 1
    return candidates.slice(begin, begin + limit)
  },
  keyOf,
})
