/**
 * Hashing under load: the queue is bounded and fair, an absent hash costs what a present one costs, answers leave
 * together.
 */
import type { Clock } from '@gatehouse/service-kit/context/clock'
import { isAppError } from '@gatehouse/service-kit/errors/app-error'
import { verify } from '@node-rs/argon2'
import t from 'tap'
import { createConstantTimeAnswers } from '../../src/passwords/constant-time-answers.ts'
import { createWorkerPool, siblingModule } from '@gatehouse/service-kit/concurrency/worker-pool'
import { wordsOf } from '../../src/domain/password-rules.ts'
import { createStrengthEstimator } from '../../src/passwords/strength-estimate.ts'
import type * as strengthWork from '../../src/strength-worker.ts'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { createHashQueue, type HashQueue } from '../../src/passwords/hash-queue.ts'
import { createPasswordHasher } from '../../src/passwords/password-hasher.ts'

const turn = { source: 'test' }
const queueOf = (places: { concurrency: number; capacity: number }, clock = systemClock): HashQueue =>
  createHashQueue({ ...places, maxWaitMs: 60_000, clock })

const pool = createWorkerPool<typeof strengthWork>({
  name: 'test',
  module: siblingModule(new URL('../../src/deps.ts', import.meta.url).href, 'strength-worker'),
  threads: 1,
  capacity: 8,
})
t.teardown(() => pool.close())
const estimate = createStrengthEstimator(pool)

/** Work that ends when the test says so, and the order it began in. */
const held = (queue: HashQueue) => {
  const began: string[] = []
  const refused: string[] = []
  const ends: (() => void)[] = []
  const ask = (source: string, name = source): void => {
    queue
      .run({ source }, () => {
        began.push(name)
        return new Promise<void>((end) => ends.push(end))
      })
      .catch((err: unknown) => refused.push(isAppError(err, 'unavailable') ? name : String(err)))
  }
  const endOne = async (): Promise<void> => {
    ends.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { began, refused, ask, endOne }
}
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

t.test('never more at once than cores, never more waiting than places', async (t) => {
  const queue = queueOf({ concurrency: 2, capacity: 3 })
  const { ask, began, refused } = held(queue)
  for (let at = 0; at < 9; at += 1) ask('one', String(at))
  await settled()
  t.same(began, ['0', '1'])
  t.equal(queue.waiting(), 3)
  t.same(refused, ['5', '6', '7', '8'])
})

t.test('sources take turns, whatever they sent first', async (t) => {
  const { ask, began, endOne } = held(queueOf({ concurrency: 1, capacity: 10 }))
  for (const name of ['a0', 'a1', 'a2', 'a3']) ask('a', name)
  ask('b')
  ask('c')
  for (let ended = 0; ended < 6; ended += 1) await endOne()
  t.same(began, ['a0', 'a1', 'b', 'c', 'a2', 'a3'])
})

t.test('a full queue makes room for a newcomer at the cost of the longest line, newest first', async (t) => {
  const queue = queueOf({ concurrency: 1, capacity: 3 })
  const { ask, began, refused, endOne } = held(queue)
  for (const name of ['a0', 'a1', 'a2', 'a3']) ask('a', name)
  ask('b')
  ask('c')
  ask('d')
  await settled()
  t.same(
    refused,
    ['a3', 'a2', 'd'],
    'when all lines are as short as the newcomer’s would be, the newcomer waits outside',
  )
  t.equal(queue.waiting(), 3)
  for (let ended = 0; ended < 4; ended += 1) await endOne()
  t.same(began, ['a0', 'a1', 'b', 'c'])
  t.equal(queue.waiting(), 0)
})

t.test('work that fails frees its place', async (t) => {
  const queue = queueOf({ concurrency: 1, capacity: 1 })
  await t.rejects(
    queue.run({ source: 'a' }, () => Promise.reject(new Error('broken'))),
    /broken/,
  )
  t.equal(await queue.run({ source: 'a' }, async () => 'works'), 'works')
})

t.test('a password is checked whole, and an absent hash takes the work of a present one', async (t) => {
  const parameters = { memoryKib: 19_456, passes: 2, lanes: 1 }
  const checked: string[] = []
  const hasher = await createPasswordHasher({
    parameters,
    queue: queueOf({ concurrency: 1, capacity: 64 }),
    verifyHash: (phc, given) => {
      checked.push(phc)
      return verify(phc, given)
    },
  })
  const password = `${'long '.repeat(200)}end`
  const phc = await hasher.hash(password, turn)
  t.match(phc, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  const matches = (stored: string | undefined, given: string) =>
    hasher.findMatch([stored], given, { ...turn, stopsAtMatch: true })
  t.equal(await matches(phc, password), 0)
  t.equal(await matches(phc, `${password.slice(0, -1)}D`), undefined)
  checked.splice(0)
  t.equal(await matches(undefined, password), undefined)
  t.match(checked, [/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/], 'one hash with the same parameters, of nobody')
})

t.test('a hash is outdated only when today’s parameters are higher', async (t) => {
  const queue = queueOf({ concurrency: 1, capacity: 1 })
  const hasherOf = (memoryKib: number, passes: number) =>
    createPasswordHasher({ parameters: { memoryKib, passes, lanes: 1 }, queue })
  const phc = await (await hasherOf(128, 2)).hash('a password', turn)
  t.equal((await hasherOf(128, 2)).isOutdated(phc), false)
  t.equal((await hasherOf(64, 1)).isOutdated(phc), false)
  t.equal((await hasherOf(256, 1)).isOutdated(phc), true)
  t.equal((await hasherOf(64, 3)).isOutdated(phc), true)
})

t.test('the estimate knows common passwords, walks, repetitions and the person’s words', async (t) => {
  for (const weak of [
    'passwordpassword',
    'qwertyuiopasdfghjkl',
    '111111111111111',
    'iloveyou1234567',
    'P@ssw0rd12345678',
    'lovelacelovelace',
    'abc'.repeat(300),
  ])
    t.ok((await estimate(weak, ['lovelace'], turn)) < 8, weak)
  for (const strong of ['correct horse battery staple', 'pw 8sdf7sdfhjk2kjh4', `${'a'.repeat(200)}k3X-9wq_Zr81-ploT`])
    t.ok((await estimate(strong, [], turn)) >= 8, strong)
})

t.test('the event loop goes on while the dearest password is estimated, and sources take turns', async (t) => {
  const words = wordsOf({ name: 'ab cd ef gh ij kl mn op qr st uv wx yz '.repeat(5), address: 'x@example.test' })
  await estimate('the module is loaded', [], turn)
  let isOver = false
  const dear = estimate('p4$$w0rd1|!7+'.repeat(80).slice(0, 1024), words, turn).then((log10) => {
    isOver = true
    return log10
  })
  let turns = 0
  while (!isOver) {
    await new Promise((resolve) => setImmediate(resolve))
    turns += 1
  }
  t.equal(typeof (await dear), 'number')
  t.ok(turns > 10, `the loop turned ${turns} times meanwhile`)
})

t.test('an estimate that nobody waits for any more is ended', async (t) => {
  const gone = new AbortController()
  const waiting = Array.from({ length: 3 }, () =>
    estimate('p4$$w0rd1|!7+'.repeat(80), [], { source: 'a', signal: gone.signal }),
  )
  gone.abort(new Error('the client has gone'))
  for (const one of waiting) await t.rejects(one, /the client has gone/)
  t.ok((await estimate('correct horse battery staple', [], turn)) >= 8)
})

t.test(
  'held-back answers leave together, also when work outgrows the span; a success is not held back where only failures are',
  async (t) => {
    let nowMs = 1000
    const clock: Clock = { now: () => new Date(0), monotonicMs: () => nowMs }
    const waits: number[] = []
    const wait = async (ms: number): Promise<void> => void waits.push(ms)
    const { always, onFailure } = createConstantTimeAnswers({ clock, spanMs: 40, wait })
    const takes = (ms: number) => async () => void (nowMs += ms)
    await always(takes(10))
    t.same(waits.splice(0), [30], 'ten of forty are gone, thirty remain')
    await always(takes(50))
    t.same(waits.splice(0), [30], 'work that outgrows the span has twice as long')
    await always(takes(10))
    t.same(waits.splice(0), [70], 'and so has everything after it, whichever side of the span it ends on')
    await always(takes(200))
    t.same(waits.splice(0), [40], 'what outgrows the widest leaves soon')
    await always(takes(10))
    t.same(waits.splice(0), [150], 'the widest is four times the span')
    nowMs += 61_000
    await t.rejects(
      always(async () => Promise.reject(new Error('no'))),
      /no/,
    )
    await t.rejects(
      onFailure(async () => Promise.reject(new Error('no'))),
      /no/,
    )
    t.same(waits.splice(0), [40, 40], 'an error is held back as a result is; a calm minute ended the wide span')
    t.equal(await onFailure(async () => 'in'), 'in')
    t.same(waits, [], 'at once')
  },
)

t.test('work that nobody waits for any more is never begun, and its place is free at once', async (t) => {
  const queue = queueOf({ concurrency: 1, capacity: 2 })
  const { ask, began, endOne } = held(queue)
  ask('a')
  const gone = new AbortController()
  const late = queue.run({ source: 'b', signal: gone.signal }, async () => void began.push('late'))
  ask('c')
  t.equal(queue.waiting(), 2)
  gone.abort(new Error('the client has gone'))
  await t.rejects(late, /the client has gone/)
  t.equal(queue.waiting(), 1)
  await t.rejects(
    queue.run({ source: 'd', signal: gone.signal }, async () => void began.push('dead on arrival')),
    /the client has gone/,
  )
  for (let ended = 0; ended < 2; ended += 1) await endOne()
  t.same(began, ['a', 'c'])
})

t.test('the queue is no longer than what can be hashed in time', async (t) => {
  let nowMs = 0
  const clock: Clock = { now: () => new Date(0), monotonicMs: () => nowMs }
  const queue = createHashQueue({ concurrency: 2, capacity: 64, maxWaitMs: 1000, clock })
  for (let run = 0; run < 60; run += 1) await queue.run({ source: 'warm' }, async () => void (nowMs += 200))
  const { ask, refused } = held(queue)
  for (let at = 0; at < 20; at += 1) ask(`source-${at}`)
  await settled()
  t.equal(queue.waiting(), 10, 'two at once, 200 ms each: ten are begun within a second')
  t.equal(refused.length, 8)
})
