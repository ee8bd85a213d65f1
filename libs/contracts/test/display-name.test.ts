/** Names people read: any script, nothing invisible, nothing that breaks or turns a line. */
import t from 'tap'
import { Compile } from 'typebox/compile'
import { DisplayName } from '../src/common/display-name.ts'

const name = Compile(DisplayName)
const codesOf = (text: string): string => [...text].map((char) => `U+${char.codePointAt(0)?.toString(16)}`).join(' ')

t.test('names of any script are taken, with what their script needs', async (t) => {
  for (const given of [
    'Ann',
    'Žluťoučký kůň',
    'می\u200cخواهم', // Persian writes this word with a zero-width non-joiner.
    '👨\u200d👩\u200d👧 GmbH',
    '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
    'שלום\u200f!',
    '株式会社',
    'x'.repeat(200),
    '=?UTF-8?Q?x?=', // Ugly, and harmless where a header encodes it.
  ])
    t.ok(name.Check(given), given)
})

t.test('a name of nothing visible is none', async (t) => {
  for (const given of [
    '',
    ' ',
    '\u00a0',
    '\u200b',
    '\u200d',
    '\u3164',
    '\u2800\u2800',
    '\u115f \u1160',
    '\uffa0',
    '\u0301',
  ])
    t.notOk(name.Check(given), codesOf(given))
})

t.test('control characters, line separators and overrides of direction are refused', async (t) => {
  for (const char of [
    '\u0000',
    '\n',
    '\r',
    '\u007f',
    '\u0085',
    '\u2028',
    '\u2029',
    '\u202e',
    '\u2066',
    '\ufeff',
    '\ud800',
  ])
    t.notOk(name.Check(`Ann${char}`), codesOf(char))
})
