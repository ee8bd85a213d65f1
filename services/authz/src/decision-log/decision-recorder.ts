/**
 * Records decisions beside the answers: never before one, and never instead of one. A sample of all of them, and each
 * that a shadowing draft is about. What cannot be written is dropped and counted; a record is evidence for trying
 * drafts on, not the audit trail.
 */
import type { Clock } from '@gatehouse/service-kit/context/clock'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import { describeFailure } from '@gatehouse/service-kit/postgres/errors'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import { counter } from '@gatehouse/service-kit/telemetry/metrics'
import { isDecided, recordOf, sizeOfRecord, type Answered, type RecordedDecision } from '../domain/recorded-decision.ts'
import type { Question } from '../domain/decision.ts'
import { isSubject, type Subject } from '../domain/subject.ts'
import { insertDecisions } from '../store/decisions.ts'

export type DecisionRecorder = {
  /** Costs nothing to speak of for a decision that is not recorded. */
  note(answered: Answered): void
  /** Writes what waits. */
  flush(): Promise<void>
  start(): void
  stop(): Promise<void>
}

const flushMs = 1000
/** Records of one statement, and characters of them. */
const batchSize = 1000
export const mostBatchSize = 4_000_000
/** Records that may wait, and characters of them. */
export const mostWaiting = 20_000
export const mostWaitingSize = 32_000_000

const recorded = counter('authz_decisions_recorded_total', 'Decisions written to the decision log')
const dropped = counter(
  'authz_decisions_dropped_total',
  'Decisions that were to be recorded and were not: too many waited, or the database did not take them',
)

/** Records that wait to be written, bound by how many and how long they are together. */
function createQueue() {
  let waiting: { readonly record: RecordedDecision; readonly size: number }[] = []
  let waitingSize = 0
  return {
    /** Whether there was room. */
    add(record: RecordedDecision): boolean {
      const size = sizeOfRecord(record)
      if (waiting.length >= mostWaiting || waitingSize + size > mostWaitingSize) return false
      waiting.push({ record, size })
      waitingSize += size
      return true
    },
    takeBatch(): RecordedDecision[] {
      let size = 0
      const end = waiting.findIndex((one, index) => index === batchSize || (size += one.size) > mostBatchSize)
      const batch = waiting.splice(0, end === -1 ? waiting.length : Math.max(1, end))
      for (const one of batch) waitingSize -= one.size
      return batch.map(({ record }) => record)
    },
    clear(): void {
      waiting = []
      waitingSize = 0
    },
    get length() {
      return waiting.length
    },
  }
}

export function createDecisionRecorder(o: {
  system: Db
  log: Logger
  clock: Clock
  sampleRate: number
  random?: () => number
}): DecisionRecorder {
  const { system, log, clock, sampleRate, random = Math.random } = o
  const queue = createQueue()
  let flushing: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let isFailing = false

  const isWanted = ({ subject, question }: Answered): boolean =>
    random() < sampleRate || (isSubject(subject) && isShadowed(subject, question))

  const write = async (batch: readonly RecordedDecision[]): Promise<void> => {
    try {
      await insertDecisions(system, batch)
      recorded.add(batch.length)
      isFailing = false
    } catch (error) {
      dropped.add(batch.length)
      if (!isFailing) log.warn({ reason: describeFailure(error), dropped: batch.length }, 'decisions are not recorded')
      isFailing = true
    }
  }
  const flushAll = async (): Promise<void> => {
    while (queue.length > 0) await write(queue.takeBatch())
  }
  const flush = (): Promise<void> => (flushing ??= flushAll().finally(() => (flushing = undefined)))
  return {
    note(answered) {
      if (!isWanted(answered) || !isDecided(answered)) return
      const record = recordOf(answered, clock.now())
      if (record === undefined) return
      if (!queue.add(record)) dropped.add(1)
    },
    flush,
    start() {
      timer = setInterval(() => void flush(), flushMs)
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      await flush()
      queue.clear()
    },
  }
}

const isShadowed = ({ model: { shadowed } }: Subject, { resource, action }: Question): boolean =>
  shadowed.size > 0 && shadowed.has(`${resource.type}:${action.name}`)
