/** Differences of two values, by JSON pointer. */
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import t from 'tap'
import { changesBetween } from '../../src/domain/changes.ts'

t.test('a member that is new, gone or other; a list is one value; the order of members is none', async (t) => {
  t.same(changesBetween({ a: 1, b: { c: 2, d: [1, 2] } }, { b: { d: [2, 1], c: 2 }, e: null }), [
    { path: '/a', before: 1 },
    { path: '/b/d', before: [1, 2], after: [2, 1] },
    { path: '/e', after: null },
  ])
  t.same(changesBetween({ a: { x: 1, y: [{ z: 1, w: 2 }] } }, { a: { y: [{ w: 2, z: 1 }], x: 1 } }), [])
  t.same(changesBetween({ 'a/b~c': 1 }, {}), [{ path: '/a~1b~0c', before: 1 }], 'RFC 6901 §3')
  t.same(changesBetween({}, { constructor: 1 }), [{ path: '/constructor', after: 1 }])
  t.same(changesBetween({ a: 1 }, undefined), [{ path: '', before: { a: 1 } }])
})

t.test('nothing changes between a value and its copy, and every change is undone by its reverse', async () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => changesBetween(value, structuredClone(value)).length === 0))
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (before, after) => {
      const there = changesBetween(before, after).map(({ path, ...of }) => [path, of.before, of.after])
      const back = changesBetween(after, before).map(({ path, ...of }) => [path, of.after, of.before])
      return JSON.stringify(there) === JSON.stringify(back)
    }),
  )
})
