/** The pure part: addresses, passwords, steps, networks. */
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import t from 'tap'
import { networksOf } from '../../src/domain/network.ts'
import {
  describeFaults,
  judgePassword,
  minLengthAlone,
  normalizePassword,
  wordsOf,
} from '../../src/domain/password-rules.ts'
import { choiceOf } from '../../src/domain/organization-choice.ts'

const ada = { name: 'Ada Lovelace', address: 'a.lovelace@analytical.example' }
const judge = (password: string, guessesLog10 = 12) =>
  judgePassword({ password: normalizePassword(password), words: wordsOf(ada), guessesLog10 })

t.test('length counts what a person typed, not bytes or code units', async (t) => {
  t.same(judge('x7'.repeat(7)), ['too_short'])
  t.same(judge('x7'.repeat(7) + '!'), [])
  t.same(judge('🦊'.repeat(minLengthAlone - 1)), ['too_short'], 'a fox is one character')
  t.same(judge('🦊'.repeat(minLengthAlone)), [])
  t.same(judge('e\u0301'.repeat(minLengthAlone - 1)), ['too_short'], 'an accent is not a second one')
})

t.test('spaces, letters of any script and very long texts are welcome', async (t) => {
  for (const password of [
    'четыре слова без связи',
    'drei wörter und ein pferd',
    ' '.repeat(3) + 'correct horse staple',
    'z9'.repeat(512),
  ])
    t.same(judge(password), [])
})

t.test('what is mostly the person, their address or the product is refused in any case and order', async (t) => {
  for (const password of [
    'LovelaceAda1815!',
    'ada.lovelace@analytical.example',
    'GATEHOUSE-gatehouse-1',
    'analyticalAda!!',
    'AdaLovelaceAdaLovelace',
  ])
    t.ok(judge(password).includes('personal'), password)
  t.same(judge('Ada met nine quiet foxes'), [], 'a name inside a phrase is fine')
  t.same(wordsOf({ name: 'X Æ', address: 'q@x.io' }), ['gatehouse', 'q@x.io'], 'two letters protect nobody')
})

t.test('an estimate below the bound is refused, with every other fault beside it', async (t) => {
  t.same(judge('zk4-plumage-orbit', 7.9), ['guessable'])
  t.same(judge('zk4-plumage-orbit', 8), [])
  t.same(judge('ada', 1), ['too_short', 'personal', 'guessable'])
  t.match(describeFaults(['too_short', 'guessable']), [
    { path: '/password', message: /15/ },
    { path: '/password', message: /tried first/ },
  ])
})

t.test('the same text in two normal forms is one password', async () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      (text) => normalizePassword(text.normalize('NFD')) === normalizePassword(text.normalize('NFC')),
    ),
  )
})

t.test('nothing said, none wanted, one named and one to be chosen stay apart', async (t) => {
  t.same(
    [choiceOf(undefined), choiceOf(null), choiceOf('org_1'), choiceOf('choose')],
    [
      { kind: 'unsaid' },
      { kind: 'none' },
      { kind: 'named', organizationId: 'org_1' },
      { kind: 'choose', organizationId: undefined },
    ],
  )
})

t.test(
  'a source is an IPv4 address in any spelling, or the IPv6 networks of 64, 56 and 48 bits around it',
  async (t) => {
    t.same(networksOf(undefined), ['unknown'])
    for (const spelling of ['203.0.113.7', '::ffff:203.0.113.7', '::FFFF:cb00:7107', '0:0:0:0:0:ffff:203.0.113.7'])
      t.same(networksOf(spelling), ['203.0.113.7'], spelling)
    t.same(networksOf('2001:DB8:0:1234:2:3:4:5'), ['2001:db8:0:1234::/64', '2001:db8:0:1200::/56', '2001:db8:0::/48'])
    t.same(networksOf('2001:db8:0:1234::9'), networksOf('2001:db8::1234:0:0:0:9'))
    t.same(networksOf('fe80::1%eth0')[0], 'fe80:0:0:0::/64')
    t.same(networksOf('::1')[0], '0:0:0:0::/64')
  },
)
