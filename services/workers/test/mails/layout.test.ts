/** What other people chose, made one harmless line. */
import t from 'tap'
import { named, oneLine, quoted } from '../../src/mails/layout.ts'

t.test('names are one short line', async (t) => {
  t.equal(oneLine(' a\u0000b\u2028c '), 'a b c')
  t.equal([...quoted('é'.repeat(200))].length, 80)
  t.equal([...named('👩'.repeat(200))].length, 80, 'no character is cut in two')
  t.notMatch(oneLine('a\u202eb\u2066c\ufeffd'), /[\u202e\u2066\ufeff]/)
  for (const name of ['می\u200cخواهم', '👨\u200d👩\u200d👧', 'שלום\u200f!']) t.equal(oneLine(name), name)
})
