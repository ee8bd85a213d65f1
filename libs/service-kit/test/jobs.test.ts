/**
 * The ledger decides: one effect per recipient whatever is delivered twice, at most five tries, nothing lost with
 * Redis.
 */
import t from 'tap'
import type { JobContract } from '@gatehouse/contracts/jobs/contract'
import { testDatabase } from '@gatehouse/test-kit/database'
import { quietLog as log } from '@gatehouse/test-kit/log'
import { clockToStep } from '@gatehouse/test-kit/step-clock'
import Type from 'typebox'
import { currentContext, type RequestContext } from '../src/context/request-context.ts'
import { newId } from '../src/ids/type-id.ts'
import { listDeadJobs, replayDeadJob } from '../src/jobs/dead-jobs.ts'
import { retryDelayMs } from '../src/jobs/backoff.ts'
import {
  claimLedgerEntry,
  deleteDone,
  insertLedgerEntry,
  listDue,
  listPendingOfEvent,
  markDead,
  markDone,
  markFailed,
  markPostponed,
} from '../src/jobs/ledger.ts'
import { defineProcessor, type JobOutcome, type JobRun } from '../src/jobs/processor.ts'
import { runJob } from '../src/jobs/run-job.ts'

const Greet = {
  name: 'greet.v1',
  data: Type.Object({ n: Type.Integer() }),
} as const satisfies JobContract

const envelope = (data: Record<string, unknown> = { n: 1 }) => ({
  name: Greet.name,
  data,
  context: {
    correlation_id: 'req_first',
    causation_id: 'evt_cause',
    request_id: 'req_this',
    traceparent: '00-0123456789abcdef0123456789abcdef-0123456789abcdef-01',
  },
})

const database = await testDatabase(t, { services: ['workers'], spineOnly: true })
const system = database.connect('workers', 'system', 8)
const insert = (data?: Record<string, unknown>) =>
  insertLedgerEntry(system, {
    pipeline: 'mail',
    eventId: newId('evt'),
    recipientKey: 'one',
    envelope: envelope(data),
  }).then((id) => id ?? '')
const depsWith = (process: (data: { n: number }, run: JobRun) => Promise<JobOutcome>) => ({
  system,
  log,
  runTimeoutMs: 5_000,
  retryDelayMs: () => 0,
  processors: [defineProcessor(Greet, process)],
})
const done = async (): Promise<JobOutcome> => ({ kind: 'done' })

t.test('one event makes one job per recipient, however often it is delivered', async (t) => {
  const event = { pipeline: 'mail', eventId: newId('evt'), envelope: envelope() }
  const first = await Promise.all(
    Array.from({ length: 16 }, () => insertLedgerEntry(system, { ...event, recipientKey: 'a' })),
  )
  t.equal(first.filter((id) => id !== undefined).length, 1)
  t.type(await insertLedgerEntry(system, { ...event, recipientKey: 'b' }), 'string')
  t.equal((await listPendingOfEvent(system, { pipeline: 'mail', eventId: event.eventId })).length, 2)
})

t.test('of 16 deliveries of one job, one does the effect', async (t) => {
  const id = await insert()
  let effects = 0
  const deps = depsWith(async () => {
    effects += 1
    return { kind: 'done' }
  })
  const results = await Promise.all(Array.from({ length: 16 }, () => runJob(deps, id)))
  t.equal(effects, 1)
  t.equal(results.filter((result) => result.kind === 'settled' && result.state === 'done').length, 1)
  t.same(await runJob(deps, id), { kind: 'settled', state: 'nothing' }, 'and later ones do nothing')
  t.equal(effects, 1)
})

t.test(
  'a job is tried five times, then it is dead with its last reason, and runs again only when it is replayed',
  async (t) => {
    const id = await insert()
    const attempts: number[] = []
    const deps = depsWith(async (_data, run) => {
      attempts.push(run.attempt)
      throw new Error(`550 <someone@example.com> is busy, token gthv_abcdefghijklmnop (${run.attempt})`)
    })
    for (let delivery = 1; delivery <= 4; delivery += 1) t.same(await runJob(deps, id), { kind: 'later', waitMs: 0 })
    t.same(await runJob(deps, id), { kind: 'settled', state: 'dead' })
    t.same(await runJob(deps, id), { kind: 'settled', state: 'nothing' })
    t.same(attempts, [1, 2, 3, 4, 5])
    const dead = (await listDeadJobs(system, { limit: 10 })).find((job) => job.id === id)
    t.equal(dead?.reason, '550 <[redacted]> is busy, token [redacted] (5)', 'no address and no secret in the reason')
    t.equal(
      (await listDue(system, { pipeline: 'mail', limit: 100 })).some((entry) => entry.id === id),
      false,
    )

    t.equal(await replayDeadJob(system, id), true)
    t.equal(await replayDeadJob(system, id), false)
    t.same(await runJob(depsWith(done), id), { kind: 'settled', state: 'done' })
  },
)

t.test('a job that waits for its next try is not run before it is due', async (t) => {
  const id = await insert()
  let runs = 0
  const deps = {
    ...depsWith(async () => {
      runs += 1
      throw new Error('later')
    }),
    retryDelayMs: () => 60_000,
  }
  await runJob(deps, id)
  const again = await runJob(deps, id)
  t.equal(runs, 1)
  t.ok(again.kind === 'later' && again.waitMs > 50_000 && again.waitMs <= 60_000, 'it is told how long to wait')
})

t.test('a job whose process died is due again when its lease ends, and five such deaths bury it', async (t) => {
  const id = await insert()
  const crash = () => claimLedgerEntry(system, { id, leaseSeconds: 0, maxAttempts: 5 })
  const first = await crash()
  t.equal(first.kind === 'claimed' && first.claim.attempt, 1)
  for (let attempt = 2; attempt <= 5; attempt += 1) {
    const next = await crash()
    t.equal(next.kind === 'claimed' && next.claim.attempt, attempt)
  }
  t.same(await runJob(depsWith(done), id), { kind: 'settled', state: 'dead' })
})

t.test('a run that stood still while another took its lease over settles nothing', async (t) => {
  const id = await insert()
  const still = await claimLedgerEntry(system, { id, leaseSeconds: 0, maxAttempts: 5 })
  if (still.kind !== 'claimed') return t.fail('claimed')
  const { attempt } = still.claim
  let between: boolean | undefined
  const other = depsWith(async () => {
    between = await markFailed(system, { id, attempt, reason: 'woke up', retryAfterMs: 0 })
    await markPostponed(system, { id, attempt, waitMs: 0 })
    return { kind: 'done' }
  })
  t.same(await runJob(other, id), { kind: 'settled', state: 'done' })
  t.equal(between, false, 'while the other runs, its lease is its own')
  t.same(await Promise.all([markDone(system, id), markDead(system, { id, reason: 'woke up' })]), [false, false])
  t.same(await runJob(depsWith(done), id), { kind: 'settled', state: 'nothing' })
})

t.test('a lease goes by the clock of the database, however wrong that of the process', async (t) => {
  const id = await insert()
  await claimLedgerEntry(system, { id, leaseSeconds: 600, maxAttempts: 5 })
  const stepClock = clockToStep(t)
  for (const hours of [1, -1, 24]) {
    stepClock(hours * 3_600_000)
    const again = await runJob(depsWith(done), id)
    t.ok(again.kind === 'later' && again.waitMs <= 600_000, `${hours} h: leased for the same ten minutes`)
    const due = await insert()
    t.same(await runJob(depsWith(done), due), { kind: 'settled', state: 'done' }, 'what is due is due')
  }
})

t.test('what no later try can change is dead at once', async (t) => {
  const refused = await insert()
  t.same(
    await runJob(
      depsWith(async () => ({ kind: 'undeliverable', reason: 'no such person' })),
      refused,
    ),
    { kind: 'settled', state: 'dead' },
  )
  const malformed = await insert({ n: 'x' })
  t.same(await runJob(depsWith(done), malformed), { kind: 'settled', state: 'dead' })
  const reasons = (await listDeadJobs(system, { limit: 10 })).map((job) => job.reason)
  t.ok(reasons.includes('no such person') && reasons.includes('data does not match greet.v1'))
})

t.test('a run that takes too long is tried again', async (t) => {
  const id = await insert()
  let aborted = false
  const deps = {
    ...depsWith((_data, run) => new Promise(() => run.signal.addEventListener('abort', () => (aborted = true)))),
    runTimeoutMs: 20,
  }
  const keepAlive = setInterval(() => undefined, 10)
  t.teardown(() => clearInterval(keepAlive))
  t.equal((await runJob(deps, id)).kind, 'later')
  t.equal(aborted, true)
})

t.test('the thread that led to a job reaches it', async (t) => {
  const id = await insert()
  let seen: RequestContext | undefined
  await runJob(
    depsWith(async () => {
      seen = currentContext()
      return { kind: 'done' }
    }),
    id,
  )
  t.match(seen, { requestId: 'req_this', correlationId: 'req_first', causationId: 'evt_cause' })
  t.equal(seen?.traceparent.slice(3, 35), '0123456789abcdef0123456789abcdef', 'same trace')
})

t.test('waiting grows and jobs that failed together do not return together', async (t) => {
  t.same(
    [1, 2, 3, 4, 9].map((attempt) => retryDelayMs(attempt, () => 0.5)),
    [5_000, 25_000, 125_000, 625_000, 625_000],
  )
  t.equal(
    retryDelayMs(1, () => 0),
    3_750,
  )
  t.equal(
    retryDelayMs(1, () => 1),
    6_250,
  )
})

t.test('an unknown id and a ledger id that Redis invented do nothing', async (t) => {
  t.same(await runJob(depsWith(done), newId('job')), { kind: 'settled', state: 'nothing' })
  t.same(await runJob(depsWith(done), 'not-an-id'), { kind: 'settled', state: 'nothing' })
})

t.test('what was done long ago leaves the ledger; what is open or dead stays', async (t) => {
  const [finished, open, dead] = [await insert(), await insert(), await insert({ n: 'x' })]
  await runJob(depsWith(done), finished)
  await runJob(depsWith(done), dead)
  t.equal(await deleteDone(system, { pipeline: 'mail', before: new Date(Date.now() - 60_000), limit: 1000 }), 0)
  t.ok((await deleteDone(system, { pipeline: 'mail', before: new Date(Date.now() + 60_000), limit: 1000 })) >= 1)
  t.same(await claimLedgerEntry(system, { id: finished, leaseSeconds: 1, maxAttempts: 5 }), { kind: 'settled' })
  t.equal(
    (await listDue(system, { pipeline: 'mail', limit: 100 })).some((entry) => entry.id === open),
    true,
  )
  t.equal(
    (await listDeadJobs(system, { limit: 100 })).some((job) => job.id === dead),
    true,
  )
})
