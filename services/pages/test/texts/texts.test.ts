/** Languages: both are whole, and a browser gets the one it prefers. */
import t from 'tap'
import { problems } from '@gatehouse/contracts/problems/registry'
import { de } from '../../src/texts/de.ts'
import { en } from '../../src/texts/en.ts'
import { languageAmong, languageOf, textOf, textsOf } from '../../src/texts/texts.ts'

t.test('every text is there in German, and in its own words', (t) => {
  t.same(Object.keys(de).sort(), Object.keys(en).sort())
  const same = Object.entries(en).filter(([key, text]) => de[key as keyof typeof en] === text)
  t.same(
    same.map(([key]) => key),
    ['product', 'name', 'code', 'passkeys'],
  )
  t.end()
})

t.test('the language a browser prefers', (t) => {
  for (const [header, language] of [
    [undefined, 'en'],
    ['', 'en'],
    ['de', 'de'],
    ['de-CH,de;q=0.9', 'de'],
    ['fr, de;q=0.5, en;q=0.4', 'de'],
    ['en;q=0.4, de;q=0.5', 'de'],
    ['en, de', 'en'],
    ['de;q=0', 'en'],
    ['DE', 'de'],
    ['deu', 'en'],
    [';;;,q=1', 'en'],
  ] as const)
    t.equal(languageOf(header), language, String(header))
  t.end()
})

t.test('the language an application asks for, in its order', (t) => {
  for (const [tags, language] of [
    ['', undefined],
    ['fr it', undefined],
    ['fr de en', 'de'],
    ['EN-us de', 'en'],
    ['deu', undefined],
  ] as const)
    t.equal(languageAmong(tags), language, tags)
  t.end()
})

t.test('every problem has words', (t) => {
  for (const code of Object.keys(problems)) t.ok(textOf(textsOf('de'), code).length > 10, code)
  t.equal(textOf(textsOf('en'), 'unavailable'), en.problem_later)
  t.equal(textOf(textsOf('en'), 'constructor'), en.problem_other)
  t.end()
})
