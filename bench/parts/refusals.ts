/**
 * How long the most hostile policy sources take to be refused, from text to error with its place, on one thread that
 * does nothing else meanwhile. Whatever is not refused is wrong.
 */
import { checkCondition } from '@gatehouse/policy/check/check-condition'
import { parseCondition } from '@gatehouse/policy/parse/parse-condition'
import type { PartResult } from '../report/result.ts'
import { quantileOf, rounded } from '../report/statistics.ts'
import { hostileSources } from '../workload/hostile.ts'
import { schema } from '../engines/gatehouse.ts'
import type { Effort } from './part.ts'

const mostMs = 50

type Case = {
  readonly name: string
  readonly firstMs: number
  readonly ms: number[]
  readonly refusal: string | undefined
}

export function measureRefusals(effort: Effort): PartResult {
  const cases = Object.entries(hostileSources).map(([name, source]): Case => {
    const first = timed(source)
    // The first one is also the slowest: nothing is compiled yet.
    return {
      name,
      firstMs: first.ms,
      refusal: first.refusal,
      ms: Array.from({ length: effort.quick ? 1 : 200 }, () => timed(source).ms),
    }
  })
  const slowest = Math.max(...cases.flatMap(({ firstMs, ms }) => [firstMs, ...ms]))
  return {
    part: 'refusals',
    title: 'Hostile policy sources, refused',
    notes: [
      'From text to error; `first` includes compiling the code that reads it. The service reads a body of at most ' +
        '64 kB before.',
    ],
    table: {
      columns: ['Source', 'first ms', 'p50 ms', 'max ms', 'refused because'],
      rows: cases.map(({ name, firstMs, ms, refusal }) => [
        name,
        rounded(firstMs),
        rounded(quantileOf(ms, 0.5)),
        rounded(Math.max(...ms)),
        refusal ?? 'NOT REFUSED',
      ]),
    },
    targets: [{ text: `the slowest refusal: ${rounded(slowest)} ms, wanted ≤ ${mostMs} ms`, met: slowest <= mostMs }],
    disagreements: cases.filter(({ refusal }) => refusal === undefined).length,
    compared: cases.length,
    rounds: 1,
    measured: cases,
  }
}

function timed(source: string): { ms: number; refusal: string | undefined } {
  const startedMs = performance.now()
  const refusal = refusalOf(source)
  return { ms: performance.now() - startedMs, refusal }
}

function refusalOf(source: string): string | undefined {
  const parsed = parseCondition(source)
  if (!parsed.ok) return parsed.error
  const checked = checkCondition(parsed.ir, schema)
  return checked.ok ? undefined : checked.problems[0]?.error
}
