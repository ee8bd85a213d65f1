/**
 * Conditions parsed beside the event loop, some at a time and with a fair queue per organization; what was parsed
 * lately is remembered. A few are parsed in turns instead, for a thread takes longer to start than they do.
 */
import type { Work } from '@gatehouse/policy/compile/work'
import { parseCondition, type ParseResult } from '@gatehouse/policy/parse/parse-condition'
import { inTurns, stepsPerTurn } from '@gatehouse/service-kit/concurrency/turns'
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
/** Parsed here, each in a turn of its own. */
const few = 8

/** @throws AppError `unavailable` when too many wait, and the signal's reason */
export function createConditionParser(pool: Pick<WorkerPool<typeof work>, 'run'>): ConditionParser {
  const kept = new LRUCache<string, ParseResult>({ max: mostKept })
  return async (sources, { orgId, signal }) => {
    const parsed = new Map(sources.flatMap((source) => entryOf(source, kept.get(source))))
    const unknown = [...new Set(sources)].filter((source) => !parsed.has(source))
    for (let at = 0; at < unknown.length; at += atOnce) {
      const some = unknown.slice(at, at + atOnce)
      const results =
        unknown.length > few
          ? await pool.run('parseAll', some, { key: orgId, signal })
          : await inTurns(parsing(some), { work: 'parse', key: orgId, signal })
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

/** Each a part. */
function* parsing(sources: readonly string[]): Work<ParseResult[]> {
  const results: ParseResult[] = []
  for (const source of sources) {
    results.push(parseCondition(source))
    yield stepsPerTurn
  }
  return results
}

const entryOf = (source: string, result: ParseResult | undefined): [string, ParseResult][] =>
  result === undefined ? [] : [[source, result]]
