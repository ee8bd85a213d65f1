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
      deep: [{ new_password: 'correct horse battery' }, { recovery_codes: ['k7x2m-9qd4t', 'p3w8n-6vz5r'] }],
      refresh_token: 'gthr_0123456789',
      code: 'validation_failed',
      password: 'x'.repeat(2_000),
      body: new ReadableStream(),
    },
    texts,
  )
  t.same([...texts].sort(), [
    'Ann of Examples',
    'ann@example.test',
    'correct horse battery',
    'gthr_0123456789',
    'k7x2m-9qd4t',
    'p3w8n-6vz5r',
  ])
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
