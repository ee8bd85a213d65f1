/** The cache that forgets while it loads. */
import t from 'tap'
import { createDroppingCache } from '../../src/facts/dropping-cache.ts'

t.test('a value dropped while it is loaded is never kept', async (t) => {
  const cache = createDroppingCache<number>({ most: 2 })
  let finish: (value: number) => void = () => {}
  const slow = cache.get('a', () => new Promise((resolve) => (finish = resolve)))
  cache.drop('a')
  const fresh = cache.get('a', async () => 2)
  finish(1)
  t.same([await slow, await fresh, await cache.get('a', async () => 3)], [1, 2, 2])
  await cache.get('b', async () => 1)
  await cache.get('a', async () => 9)
  await cache.get('c', async () => 1)
  t.equal(cache.size, 2)
  t.equal(await cache.get('a', async () => 9), 2)
  t.equal(cache.find('b'), undefined, 'what was not asked for lately went first')
  cache.dropWhere((key) => key === 'a')
  t.equal(await cache.get('a', async () => 4), 4)
  await t.rejects(cache.get('x', () => Promise.reject(new Error('down'))))
  t.equal(await cache.get('x', async () => 5), 5, 'a failure is not kept')
  cache.clear()
  t.equal(cache.size, 0)
})
