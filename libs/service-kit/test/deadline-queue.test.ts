/**
 * Deadlines share a timer: what is answered in time costs none, and what is late is told once, in the order it began.
 */
import t from 'tap'
import { createDeadlineQueue } from '../src/http/deadline-queue.ts'

/** Counts the timers that are made meanwhile, and lets none of them run by itself. */
function watchTimers(t: { teardown(undo: () => void): void }) {
  const made: { run: () => void; ms: number | undefined }[] = []
  const real = globalThis.setTimeout
  globalThis.setTimeout = ((run: () => void, ms?: number) => {
    made.push({ run, ms })
    return { ref: () => undefined, unref: () => undefined } as unknown as NodeJS.Timeout
  }) as typeof setTimeout
  t.teardown(() => void (globalThis.setTimeout = real))
  return made
}

t.test('a thousand requests that are answered in time are one timer', async (t) => {
  const made = watchTimers(t)
  let nowMs = 0
  const queue = createDeadlineQueue(3000, { monotonicMs: () => nowMs })
  const late: number[] = []
  for (let at = 0; at < 1000; at += 1) {
    const deadline = queue.begin(() => late.push(at))
    nowMs += 1
    queue.end(deadline)
  }
  t.equal(made.length, 1)
  nowMs = 3000
  made[0]?.run()
  t.same(late, [])
  t.equal(made.length, 1, 'nothing waits, so no other timer is made')
})

t.test('what is late is told once, in order, and never early', async (t) => {
  const made = watchTimers(t)
  let nowMs = 0
  const queue = createDeadlineQueue(100, { monotonicMs: () => nowMs })
  const late: string[] = []
  queue.begin(() => late.push('first'))
  nowMs = 40.5
  const second = queue.begin(() => late.push('second'))
  queue.begin(() => late.push('third'))
  queue.end(second)
  queue.end(second)
  nowMs = 99.9
  made.at(-1)?.run()
  t.same(late, [], 'a timer that came early comes again')
  nowMs = 100
  made.at(-1)?.run()
  t.same(late, ['first'])
  t.equal(made.at(-1)?.ms, 41, 'for as long as the next has left')
  nowMs = 141
  made.at(-1)?.run()
  t.same(late, ['first', 'third'])
  queue.begin(() => late.push('never'))
  queue.clear()
  nowMs = 1000
  made.at(-1)?.run()
  t.same(late, ['first', 'third'])
})
