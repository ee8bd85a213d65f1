/**
 * Pages of a search (AuthZEN §8.2). Candidates are decided in a fixed order until the page is full or enough was looked
 * at, so a page costs the same whatever it finds; one that is not full may still have a next one. A token belongs to
 * the search it was given for.
 */
import { createHash } from 'node:crypto'
import type { Budget } from '@gatehouse/policy/compile/budget'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { decodeCursor, encodeCursor } from '@gatehouse/service-kit/http/page'
import type { Candidates } from '../../subjects/candidates.ts'
import { createRequestBudget } from '../../access/request-budget.ts'

type Asked = {
  readonly page?: { readonly token?: string | undefined; readonly limit?: number | undefined } | undefined
}
/** The page comes first, as AuthZEN shows it. */
export type Found<R> = { page: { next_token: string; count: number }; results: R[] }

type Deciding<C, R> = {
  /** What a candidate is in the answer; undefined when it is not allowed. */
  readonly resultOf: (candidate: C, budget: Budget) => R | undefined
  readonly orgId: string
  /** Aborts when nobody waits for the page. */
  readonly signal: AbortSignal | undefined
}

const batch = 200
/** Candidates looked at for one page. */
const mostLookedAt = 2000
/** AuthZEN leaves the most to us: whoever asks for more gets this many, and a token. */
const mostResults = 1000
const standardLimit = 100

/** @throws AppError `evaluation_too_expensive`, `invalid_cursor` */
export async function searchPage<C, R>(
  request: Asked,
  sources: readonly Candidates<C>[],
  { resultOf, orgId, signal }: Deciding<C, R>,
): Promise<Found<R>> {
  const limit = Math.min(request.page?.limit ?? standardLimit, mostResults)
  const budget = createRequestBudget({ key: orgId, signal })
  const search = fingerprintOf(request)
  let { index, after } = placeOf(request, search, sources)
  const results: R[] = []
  for (let lookedAt = 0; index < sources.length;) {
    const { list, keyOf } = sources[index] as Candidates<C>
    const wanted = Math.min(batch, mostLookedAt - lookedAt)
    const candidates = await list(after, wanted)
    for (const candidate of candidates) {
      // What has no room on this page, or no steps left, is the beginning of the next one.
      if (results.length === limit || !budget.hasRoom())
        return pageOf(results, encodeCursor([search, index, after ?? '']))
      const result = resultOf(candidate, budget.budget)
      budget.settle()
      if (budget.isTurnOver()) await budget.nextTurn()
      if (result !== undefined) results.push(result)
      after = keyOf(candidate)
    }
    lookedAt += candidates.length
    if (candidates.length < wanted) {
      index += 1
      after = undefined
    } else if (lookedAt >= mostLookedAt) return pageOf(results, encodeCursor([search, index, after ?? '']))
  }
  return pageOf(results, '')
}

const pageOf = <R>(results: R[], next_token: string): Found<R> => ({
  page: { next_token, count: results.length },
  results,
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
