/**
 * One run of one job, whatever delivered it: claim in the ledger, do the effect, settle the ledger.
 * Never throws: a run that could not be settled is simply due again when its lease ends.
 */
import { newContext, runInContext } from '../context/request-context.ts'
import { causesOf } from '../errors/unavailable.ts'
import { isTypeId } from '../ids/type-id.ts'
import type { Logger } from '../logging/logger.ts'
import { redactText } from '../logging/redaction.ts'
import type { Db } from '../postgres/connect.ts'
import { counter } from '../telemetry/metrics.ts'
import { maxAttempts, retryDelayMs } from './backoff.ts'
import { claimLedgerEntry, markDead, markDone, markFailed, markPostponed, type LedgerClaim } from './ledger.ts'
import type { JobOutcome, JobProcessor } from './processor.ts'

export type RunJobDeps = {
  system: Db
  processors: readonly JobProcessor[]
  log: Logger
  /** Longest run; the lease is twice as long, so a run has ended before another may begin. */
  runTimeoutMs: number
  retryDelayMs?: (attempt: number) => number
}

export type RunResult = { kind: 'settled'; state: 'done' | 'dead' | 'nothing' } | { kind: 'later'; waitMs: number }

const runs = counter('jobs_runs_total', 'Runs of jobs by what they came to: done, dead, retry')

/** When the ledger itself cannot be reached. */
const ledgerDownRetryMs = 5_000

export async function runJob(deps: RunJobDeps, id: string): Promise<RunResult> {
  if (!isTypeId('job', id)) return { kind: 'settled', state: 'nothing' }
  try {
    const outcome = await claimLedgerEntry(deps.system, {
      id,
      leaseSeconds: (2 * deps.runTimeoutMs) / 1000,
      maxAttempts,
    })
    if (outcome.kind === 'settled') return { kind: 'settled', state: 'nothing' }
    if (outcome.kind === 'not_due') return { kind: 'later', waitMs: outcome.waitMs }
    if (outcome.kind === 'exhausted')
      return await bury(deps, { id, reason: 'the last try was started and never finished' })
    const { claim } = outcome
    return await runInContext(contextOf(claim), () => runClaimed(deps, claim))
  } catch (err) {
    deps.log.warn({ err, job_id: id }, 'job could not be settled, it will be due again')
    return { kind: 'later', waitMs: ledgerDownRetryMs }
  }
}

const contextOf = ({ envelope: { context } }: LedgerClaim) =>
  newContext({
    requestId: context.request_id ?? context.correlation_id,
    correlationId: context.correlation_id,
    causationId: context.causation_id,
    ...(context.traceparent === undefined ? {} : { traceparent: context.traceparent }),
  })

async function runClaimed(deps: RunJobDeps, claim: LedgerClaim): Promise<RunResult> {
  const { id, attempt, envelope } = claim
  let outcome: JobOutcome
  try {
    outcome = await processWithin(deps, claim)
  } catch (err) {
    const reason = reasonOf(err)
    if (attempt >= maxAttempts) return bury(deps, { id, reason, job: envelope.name })
    const waitMs = (deps.retryDelayMs ?? retryDelayMs)(attempt)
    deps.log.warn(
      { err, job_id: id, job: envelope.name, attempt, retry_in_ms: waitMs },
      'job failed, it will be tried again',
    )
    runs.add(1, { job: envelope.name, outcome: 'retry' })
    await markFailed(deps.system, { id, attempt, reason, retryAfterMs: waitMs })
    return { kind: 'later', waitMs }
  }
  if (outcome.kind === 'undeliverable') return bury(deps, { id, reason: outcome.reason, job: envelope.name })
  if (outcome.kind === 'postponed') {
    const { waitMs } = outcome
    await markPostponed(deps.system, { id, attempt, waitMs })
    return { kind: 'later', waitMs }
  }
  await markDone(deps.system, id)
  runs.add(1, { job: envelope.name, outcome: 'done' })
  deps.log.info({ job_id: id, job: envelope.name, attempt }, 'job done')
  return { kind: 'settled', state: 'done' }
}

async function processWithin(deps: RunJobDeps, { id, attempt, envelope }: LedgerClaim): Promise<JobOutcome> {
  const processor = deps.processors.find(({ job }) => job.name === envelope.name)
  // A newer replica may have written a job this one does not know: fail, so that another replica gets it.
  if (processor === undefined) throw new Error(`no processor for ${envelope.name}`)
  const signal = AbortSignal.timeout(deps.runTimeoutMs)
  const timedOut = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`took longer than ${deps.runTimeoutMs} ms`)), {
      once: true,
    })
  })
  return Promise.race([processor.process(envelope.data, { id, attempt, signal }), timedOut])
}

async function bury(
  deps: RunJobDeps,
  { id, reason, job = 'unknown' }: { id: string; reason: string; job?: string },
): Promise<RunResult> {
  await markDead(deps.system, { id, reason })
  runs.add(1, { job, outcome: 'dead' })
  deps.log.error({ job_id: id, job, reason }, 'job given up')
  return { kind: 'settled', state: 'dead' }
}

/** One line for operators: every cause, without secrets or addresses. */
function reasonOf(err: unknown): string {
  const texts = causesOf(err).map((cause) => (cause instanceof Error ? cause.message : String(cause)))
  return redactText(texts.join(': ')).slice(0, 500)
}
