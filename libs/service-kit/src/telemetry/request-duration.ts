/** How long answers take, whichever way they were given. */
import type { DurationCell } from './duration-histogram.ts'
import { durationHistogram } from './metrics.ts'

const duration = durationHistogram(
  'http_server_request_duration_seconds',
  'Time from the first byte of a request to the end of its answer',
)

export type AnswerLabels = { readonly method: string; readonly route: string; readonly status: number }

/** By route, then method, then status: all of them few, and none a caller's to invent. */
const cells = new Map<string, Map<string, Map<number, DurationCell>>>()

/** The cell of these labels, always the same one. */
export function durationOf({ method, route, status }: AnswerLabels): DurationCell {
  const ofRoute = entryOf(cells, route, () => new Map<string, Map<number, DurationCell>>())
  const ofMethod = entryOf(ofRoute, method, () => new Map<number, DurationCell>())
  return entryOf(ofMethod, status, () => duration.cell({ method, route, status }))
}

function entryOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}

export const recordDuration = (ms: number, labels: AnswerLabels): void => durationOf(labels).record(ms / 1000)
