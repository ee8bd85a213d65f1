/** The moment a question is about. */
import t from 'tap'
import { momentOf } from '../../src/domain/moment.ts'

const nowMs = Date.parse('2026-06-01T12:00:00Z')

t.test('now unless the context says a past instant', async (t) => {
  t.same(momentOf(undefined, nowMs), { ok: true, at: undefined })
  t.same(momentOf({ other: 1 }, nowMs), { ok: true, at: undefined })
  t.same(momentOf({ at: '2026-05-01T00:00:00+02:00' }, nowMs), { ok: true, at: new Date('2026-04-30T22:00:00Z') })
  t.same(momentOf({ at: '2026-06-01T12:00:00Z' }, nowMs), { ok: true, at: new Date(nowMs) }, 'this very moment')
})

t.test('no other thing is an instant, and the future is not decided', async (t) => {
  for (const at of [
    0,
    null,
    '',
    'yesterday',
    '2026-05-01',
    '2026-02-30T00:00:00Z',
    '2026-05-01T00:00:00',
    ['2026-05-01T00:00:00Z'],
  ])
    t.match(momentOf({ at }, nowMs), { ok: false, message: /RFC 3339/ }, JSON.stringify(at))
  t.match(momentOf({ at: '2026-06-01T12:00:00.001Z' }, nowMs), { ok: false, message: /future/ })
})
