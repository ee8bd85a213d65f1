/** What a service supplies to run one kind of job: its contract and a function that must be harmless to run twice. */
import type { Static } from 'typebox'
import { Check } from 'typebox/value'
import type { JobContract } from '@gatehouse/contracts/jobs/contract'

/** Throwing means "try again later". */
export type JobOutcome =
  | { kind: 'done' }
  /** Trying again cannot help: dead at once, with this reason (for operators; no personal data). */
  | { kind: 'undeliverable'; reason: string }
  /** It was not tried: somebody else has to be finished first. The try is given back. */
  | { kind: 'postponed'; waitMs: number }

export type JobRun = {
  /** `job_…`, the same on every try: the stable id of the effect. */
  id: string
  attempt: number
  /** Aborted when the run has used up its time; the job is then tried again. */
  signal: AbortSignal
}

export type JobProcessor = { readonly job: JobContract; process(data: unknown, run: JobRun): Promise<JobOutcome> }

/**
 * Binds a contract to the function that does it. Data that does not match its contract is undeliverable: it will not
 * get better.
 */
export function defineProcessor<C extends JobContract>(
  job: C,
  process: (data: Static<C['data']>, run: JobRun) => Promise<JobOutcome>,
): JobProcessor {
  return {
    job,
    async process(data, run) {
      if (!Check(job.data, data)) return { kind: 'undeliverable', reason: `data does not match ${job.name}` }
      return process(data as Static<C['data']>, run)
    },
  }
}
