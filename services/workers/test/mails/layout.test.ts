/** What other people chose, made one harmless line. */
import t from 'tap'
import { oneLine, quoted } from '../../src/mails/layout.ts'

t.test('names are one short line', async (t) => {
  t.equal(oneLine(' a\u0000b\u2028c '), 'a b c')
  t.equal([...quoted('é'.repeat(200))].length, 80)
})
