/** What arrives in one go is handled in order, and no round of the event loop takes it all. */
import { inRounds } from '../src/nats/arrivals.ts'
import t from 'tap'

const onArrival = (length: number, handle: () => void): void => inRounds(handle)({ data: { length } })
const nextRound = () => new Promise<void>((resolve) => setImmediate(resolve))

void t.test('one message is handled at once', async (t) => {
  let times = 0
  onArrival(100, () => (times += 1))
  t.equal(times, 1)
  await nextRound()
})

void t.test('of many that come in one go a few are handled in each round, in their order', async (t) => {
  const handled: number[] = []
  let mostAtOnce = 0
  for (let nth = 0; nth < 200; nth += 1) onArrival(12_000, () => handled.push(nth))
  let rounds = 0
  for (let before = 0; handled.length < 200; before = handled.length) {
    mostAtOnce = Math.max(mostAtOnce, handled.length - before)
    rounds += 1
    await nextRound()
  }
  t.same(
    handled,
    Array.from({ length: 200 }, (_, nth) => nth),
  )
  t.equal(mostAtOnce, 5)
  t.ok(rounds >= 39, `${rounds} rounds`)
  await nextRound()
})

void t.test('what arrives while a message is handled comes after it', async (t) => {
  const handled: string[] = []
  onArrival(100_000, () => {
    handled.push('first')
    onArrival(1, () => handled.push('second'))
  })
  onArrival(1, () => handled.push('third'))
  await nextRound()
  await nextRound()
  t.same(handled, ['first', 'second', 'third'])
})

void t.test('a message whose handling fails holds up nobody', async (t) => {
  const handled: string[] = []
  const fail = (): void => {
    onArrival(1, () => handled.push('second'))
    throw new Error('wrong')
  }
  t.throws(() => onArrival(1, fail), /wrong/)
  onArrival(1, () => handled.push('third'))
  await nextRound()
  await nextRound()
  t.same(handled, ['second', 'third'])
})
