/** Conditions parsed beside the event loop, a few at a time and with a fair queue per organization; what was parsed lately is remembered. */
import type { ParseResult } from '@gatehouse/policy/parse/parse-condition'
import type { WorkerPool } from '@gatehouse/service-kit/concurrency/worker-pool'
import { LRUCache } from 'lru-cache'
import type * as work from '../parse-worker.ts'

/** The result of each text. */
export type ParsedConditions = { get(source: string): ParseResult | undefined }

export type ConditionParser = (
  sources: readonly string[],
  o: { readonly orgId: string; readonly signal: AbortSignal | undefined },
) => Promise<ParsedConditions>

/** Some fifty milliseconds of a thread, after which another organization has its turn. */
const atOnce = 10
const mostKept = 2_000

/** @throws AppError `unavailable` when too many wait, and the signal's reason */
export function createConditionParser(pool: Pick<WorkerPool<typeof work>, 'run'>): ConditionParser {
  const kept = new LRUCache<string, ParseResult>({ max: mostKept })
  return async (sources, { orgId, signal }) => {
    const parsed = new Map(sources.flatMap((source) => entryOf(source, kept.get(source))))
    const unknown = [...new Set(sources)].filter((source) => !parsed.has(source))
    for (let at = 0; at < unknown.length; at += atOnce) {
      const some = unknown.slice(at, at + atOnce)
      const results = await pool.run('parseAll', some, { key: orgId, signal })
      some.forEach((source, index) => {
        const result = results[index]
        if (result === undefined) return
        kept.set(source, result)
        parsed.set(source, result)
      })
    }
    return parsed
  }
}

const entryOf = (source: string, result: ParseResult | undefined): [string, ParseResult][] =>
  result === undefined ? [] : [[source, result]]
