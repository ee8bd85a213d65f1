/** What may stand in no output is found wherever it stands, and nothing else is. */
import { collect, foundIn } from './sensitive.ts'
import t from 'tap'

void t.test('secrets, addresses and the names of people are collected, however deep they lie', async (t) => {
  const texts = new Set<string>()
  collect(
    {
      email: 'ann@example.test',
      name: 'Ann of Examples',
      organization: { name: 'Examples Incorporated' },
      deep: [{ new_password: 'correct horse battery' }, { recovery_codes: ['aaaaa-bbbbb', 'ccccc-ddddd'] }],
      refresh_token: 'gthr_0123456789',
      code: 'validation_failed',
    },
    texts,
  )
  t.same(
    [...texts].sort(),
    [
      'aaaaa-bbbbb',
      'Ann of Examples',
      'ann@example.test',
      'ccccc-ddddd',
      'correct horse battery',
      'gthr_0123456789',
    ].sort(),
  )
})

void t.test('each text that stands somewhere is found once in a file, by its place', async (t) => {
  const folder = t.testdir({
    'a.log': 'x=gthr_0123456789&y; <ann@example.test> {"p":"correct horse battery"} ann@example.test',
    deeper: { 'b.log': '…/verify?token=_-abcdefghijk“ö“', 'c.log': 'gthr_012345678 nn@example.test' },
  })
  const sensitive = [
    'gthr_0123456789',
    'ann@example.test',
    'correct horse battery',
    '_-abcdefghijk',
    'not there at all',
  ]
  const found = foundIn(folder, sensitive)
  t.equal(found.length, 4)
  for (const text of sensitive.slice(0, 4))
    t.ok(
      found.some((place) => place.includes(text)),
      text,
    )
  t.notOk(found.some((place) => place.includes('c.log')))
})
