/** The order of turns, the bound, and that nothing is done for those who have gone. */
import t from 'tap'
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import { createFairQueue } from '@gatehouse/service-kit/concurrency/fair-queue'

const options = { name: 'test', concurrency: 1, capacity: 6 }

/** Holds the queue's only turn until it is let go. */
function holdTurn(queue: ReturnType<typeof createFairQueue>): { letGo: () => void; held: Promise<void> } {
  let letGo = (): void => {}
  const until = new Promise<void>((resolve) => {
    letGo = resolve
  })
  return { letGo, held: queue.run('holder', () => until) }
}

t.test('keys take turns, whoever asked more', async (t) => {
  const queue = createFairQueue(options)
  const { letGo } = holdTurn(queue)
  const order: string[] = []
  const work = (key: string) => queue.run(key, async () => void order.push(key))
  const all = Promise.all([work('a'), work('a'), work('a'), work('a'), work('b'), work('c')])
  t.equal(queue.waiting, 6)
  letGo()
  await all
  t.same(order, ['a', 'b', 'c', 'a', 'a', 'a'])
  t.equal(queue.waiting, 0)
  t.equal(queue.running, 0)
})

t.test('when it is full, the longest line gives up its newest place and the rest is refused', async (t) => {
  const queue = createFairQueue(options)
  const { letGo, held } = holdTurn(queue)
  const done: string[] = []
  const work = (key: string, name: string) => queue.run(key, async () => void done.push(name))
  const flood = Array.from({ length: 6 }, (_, index) => work('flood', `flood${index}`))
  const refusedOne = t.rejects(() => flood[5] as Promise<undefined>, { code: 'unavailable', retryAfterSeconds: 2 })
  const quiet = work('quiet', 'quiet')
  await t.rejects(work('flood', 'one more'), { code: 'unavailable' }, 'its own line is the longest')
  letGo()
  await Promise.all([held, refusedOne, quiet, ...flood.slice(0, 5)])
  t.same(done, ['flood0', 'quiet', 'flood1', 'flood2', 'flood3', 'flood4'])
})

t.test('what was given up while it waited is never begun', async (t) => {
  const queue = createFairQueue(options)
  const { letGo, held } = holdTurn(queue)
  const gone = new AbortController()
  const begun: string[] = []
  const dead = t.rejects(
    queue.run('a', async () => void begun.push('dead'), gone.signal),
    /the client has gone/,
  )
  const alive = queue.run('a', async () => void begun.push('alive'), new AbortController().signal)
  gone.abort(new Error('the client has gone'))
  t.equal(queue.waiting, 1, 'its place is free at once')
  letGo()
  await Promise.all([held, dead, alive])
  t.same(begun, ['alive'])
  await t.rejects(
    queue.run('a', async () => void begun.push('late'), gone.signal),
    /the client has gone/,
  )
  t.same(begun, ['alive'])
})

t.test('whatever happens, no more run than may, and at the end nothing is left', async (t) => {
  type Step = { key: string; isAborted: boolean; isFailing: boolean }
  const step: fc.Arbitrary<Step> = fc.record({
    key: fc.constantFrom('a', 'b', 'c'),
    isAborted: fc.boolean(),
    isFailing: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(step, { maxLength: 20 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 0, max: 5 }),
      async (scheduler, steps, concurrency, capacity) => {
        const queue = createFairQueue({ name: 'test', concurrency, capacity })
        let running = 0
        let most = 0
        const all = steps.map(({ key, isAborted, isFailing }) => {
          const controller = new AbortController()
          const work = async (): Promise<void> => {
            most = Math.max(most, ++running)
            await scheduler.schedule(Promise.resolve(), `work of ${key}`)
            running--
            if (isFailing) throw new Error('planted')
          }
          const result = queue.run(key, work, controller.signal)
          if (isAborted) void scheduler.schedule(Promise.resolve(), 'abort').then(() => controller.abort())
          return result
        })
        const settled = Promise.allSettled(all)
        await scheduler.waitFor(settled)
        return most <= concurrency && queue.waiting === 0 && queue.running === 0
      },
    ),
    { numRuns: 300 },
  )
  t.pass('300 interleavings')
})
