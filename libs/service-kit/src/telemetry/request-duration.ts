/** How long answers take, whichever way they were given. */
import { histogram } from './metrics.ts'

const duration = histogram(
  'http_server_request_duration_seconds',
  'Time from the first byte of a request to the end of its answer',
)

export type AnswerLabels = { readonly method: string; readonly route: string; readonly status: number }

export const recordDuration = (ms: number, labels: AnswerLabels): void => duration.record(ms / 1000, labels)
