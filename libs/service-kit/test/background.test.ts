import { createLogger } from '../src/logging/logger.ts'
import { createUpkeep, startBackground, together, type Part } from '../src/concurrency/background.ts'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import t from 'tap'

const noted: string[] = []
const part = (name: string, stop: () => Promise<unknown> = async () => {}): Part => ({
  start: () => void noted.push(`${name} starts`),
  stop: async () => {
    await stop()
    noted.push(`${name} stopped`)
  },
})
t.beforeEach(() => void noted.splice(0))

t.test('parts start in order and stop in reverse, each after the one before has ended', async (t) => {
  const slow = () => new Promise((resolve) => setTimeout(resolve, 20))
  const running = startBackground([part('relay'), part('readers', slow), part('consumer', slow)])
  await running.stop()
  t.same(noted, [
    'relay starts',
    'readers starts',
    'consumer starts',
    'consumer stopped',
    'readers stopped',
    'relay stopped',
  ])
})

t.test('a part that fails to stop keeps no other from stopping', async (t) => {
  const failing = () => Promise.reject(new Error('cannot'))
  const running = startBackground([
    part('relay'),
    together([part('one', failing), part('other')]),
    part('last', failing),
  ])
  await running.stop()
  t.same(
    noted.filter((line) => line.endsWith('stopped')),
    ['other stopped', 'relay stopped'],
  )
})

t.test('upkeep repeats, never beside itself, and stopping waits for the round under way', async (t) => {
  let rounds = 0
  let underway = 0
  let most = 0
  const upkeep = createUpkeep({
    name: 'counting',
    everyMs: () => 1,
    log: createLogger({ name: 'test', level: 'silent' }),
    run: async () => {
      rounds += 1
      underway += 1
      most = Math.max(most, underway)
      await new Promise((resolve) => setTimeout(resolve, 5))
      underway -= 1
    },
  })
  upkeep.start()
  await waitUntil('three rounds', () => rounds >= 3)
  await upkeep.stop()
  t.same([most, underway], [1, 0])
  const ended = rounds
  await new Promise((resolve) => setTimeout(resolve, 30))
  t.equal(rounds, ended, 'no round begins after the stop')
})

t.test('a row of failures is one line, the recovery another, and the rounds go on', async (t) => {
  const lines: string[] = []
  let rounds = 0
  const upkeep = createUpkeep({
    name: 'failing twice',
    everyMs: 1,
    log: createLogger({ name: 'test', level: 'info', destination: { write: (line) => void lines.push(line) } }),
    run: async () => {
      rounds += 1
      if (rounds === 2 || rounds === 3) throw new Error('not now')
    },
  })
  upkeep.start()
  await waitUntil('five rounds', () => rounds >= 5)
  await upkeep.stop()
  const said = lines.map((line) => JSON.parse(line) as { level: string; upkeep: string; message: string })
  t.same(
    said.map(({ level, upkeep: name }) => [level, name]),
    [
      ['warn', 'failing twice'],
      ['info', 'failing twice'],
    ],
  )
})
