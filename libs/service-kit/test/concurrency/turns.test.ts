/** Work in turns: counted, one in each round of the event loop, by key, and none for nobody. */
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { createTurns, inTurns, stepsPerTurn, turnsTaken, type TurnTaken } from '../../src/concurrency/turns.ts'

function* parts(
  count: number,
  steps: number,
  done: (part: number) => void = () => {},
): Generator<number, string, void> {
  for (let part = 0; part < count; part += 1) {
    done(part)
    yield steps
  }
  return 'done'
}

t.test('parts are done until a turn is over, then others go first', async (t) => {
  const taken: number[] = []
  const listener = (turn: unknown): void => void taken.push((turn as TurnTaken).steps)
  turnsTaken.subscribe(listener)
  t.teardown(() => void turnsTaken.unsubscribe(listener))
  const rounds = countRounds()
  t.equal(await inTurns(parts(10, stepsPerTurn / 2), { work: 'test', key: 'a' }), 'done')
  await rounds.stop()
  t.same(
    taken,
    Array.from({ length: 5 }, () => stepsPerTurn),
  )
  t.ok(rounds.now >= 5, `the event loop went round ${rounds.now} times`)
})

/** Counts the rounds of the event loop until it is stopped. */
function countRounds(): { readonly now: number; stop(): Promise<void> } {
  let now = 0
  let isOver = false
  const counting = (async () => {
    for (; !isOver; now += 1) await setImmediate()
  })()
  return {
    get now() {
      return now
    },
    stop: () => {
      isOver = true
      return counting
    },
  }
}

t.test('one turn is taken in each round, and keys take turns however much one of them wants', async (t) => {
  const rounds = countRounds()
  const turns: { key: string; round: number }[] = []
  const work = (key: string) =>
    inTurns(
      parts(3, stepsPerTurn, () => turns.push({ key, round: rounds.now })),
      { work: 'test', key },
    )
  await Promise.all([...Array.from({ length: 10 }, () => work('greedy')), work('modest')])
  await rounds.stop()
  t.equal(turns.length, 33)
  t.equal(new Set(turns.map(({ round }) => round)).size, 33, 'each in a round of its own')
  t.ok(turns.findLastIndex(({ key }) => key === 'modest') <= 6, JSON.stringify(turns.slice(0, 8)))
})

t.test('work ends when nobody waits for it, and when it has taken all it may', async (t) => {
  const gone = new AbortController()
  let done = 0
  const work = parts(10, stepsPerTurn, () => {
    done += 1
    if (done === 3) gone.abort(new Error('gone'))
  })
  await t.rejects(inTurns(work, { work: 'test', key: 'a', signal: gone.signal }), { message: 'gone' })
  t.equal(done, 3)
  await t.rejects(
    inTurns(
      parts(1, 1, () => done++),
      { work: 'test', key: 'a', signal: gone.signal },
    ),
  )
  t.equal(done, 3, 'work of a request that is over is not begun')
  await t.rejects(
    inTurns(
      parts(10, 10, () => done++),
      { work: 'test', key: 'a', most: 25 },
    ),
    {
      code: 'evaluation_too_expensive',
    },
  )
  t.equal(done, 6)
  const turns = createTurns({ work: 'test', key: 'a', most: 5 })
  turns.took(5)
  t.throws(() => turns.took(1), { code: 'evaluation_too_expensive' })
})
