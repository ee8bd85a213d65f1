/** Work in threads: its results, its failures, its end when nobody waits for it any more. */
import { getPriority } from 'node:os'
import t from 'tap'
import { createWorkerPool, siblingModule } from '@gatehouse/service-kit/concurrency/worker-pool'
import type * as work from '../support/counting-worker.ts'

const pool = createWorkerPool<typeof work>({
  name: 'test',
  module: siblingModule(new URL('../support/x.ts', import.meta.url).href, 'counting-worker'),
  threads: 1,
  capacity: 4,
})
t.teardown(() => pool.close())
const key = 'somebody'

t.test('work runs in a thread, on a copy of its input, and reaches no setting of the process', async (t) => {
  t.equal(await pool.run('sum', [1, 2, 3], { key }), 6)
  t.not(await pool.run('thread', undefined as never, { key }), 0)
  t.same(await pool.run('settings', undefined as never, { key }), [])
})

t.test('a thread stands behind the event loop where both want a core', async (t) => {
  const thread = await pool.run('priority', undefined as never, { key })
  const loop = getPriority()
  if (process.platform === 'linux') t.ok(thread > loop, `${thread} of the thread, ${loop} of the event loop`)
  else t.equal(thread, loop, 'a priority is that of the whole process here')
})

t.test('what the work throws reaches the caller, and the next work is done', async (t) => {
  await t.rejects(pool.run('fail', undefined as never, { key }), { message: 'the work failed' })
  t.equal(await pool.run('sum', [1], { key }), 1)
})

t.test('work that never ends stops with its request, and the pool goes on', async (t) => {
  const request = new AbortController()
  const endless = pool.run('spin', undefined as never, { key, signal: request.signal })
  const next = pool.run('sum', [4, 5], { key: 'somebody else' })
  t.equal(pool.waiting, 1)
  request.abort(new Error('the answer took too long'))
  await t.rejects(endless, /the answer took too long/)
  t.equal(await next, 9)
})

t.test('what finds no room is refused at once', async (t) => {
  const request = new AbortController()
  const signal = request.signal
  const crowd = Array.from({ length: 5 }, () => pool.run('spin', undefined as never, { key, signal }))
  await t.rejects(pool.run('sum', [1], { key }), { code: 'unavailable' })
  request.abort(new Error('over'))
  for (const one of crowd) await t.rejects(one, /over/)
})

t.test('a sibling lies beside the source and beside the bundle', async (t) => {
  t.equal(
    siblingModule('file:///app/service/bin/main.mjs', 'policy-worker').href,
    'file:///app/service/bin/policy-worker.mjs',
  )
  t.equal(siblingModule('file:///s/src/deps.ts', 'policy-worker').href, 'file:///s/src/policy-worker.ts')
})
