/** Which addresses and names are accepted, and when two addresses are one mailbox. */
import { DisplayName } from '@gatehouse/contracts/common/display-name'
import { EmailAddress } from '@gatehouse/contracts/common/email-address'
import { createValidator } from '@gatehouse/service-kit/http/validation'
import { isSameEmailAddress, normalizeEmailAddress } from '@gatehouse/service-kit/text/email-address'
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import t from 'tap'

const acceptsAddress = (value: string): boolean => createValidator(EmailAddress, 'body')(value).ok
/** A title that no invisible character can disturb. */
const codesOf = (text: string): string =>
  Array.from(text.slice(0, 8), (character) => `U+${character.codePointAt(0)?.toString(16)}`).join(' ')
const acceptsName = (value: string): boolean => createValidator(DisplayName, 'body')(value).ok

t.test('an address is accepted when mail can be sent to it', async (t) => {
  for (const address of [
    'ada@example.test',
    "o'neil+tag@sub.example.co",
    'ada@bücher.example',
    'ada@例え.テスト',
    `${'a'.repeat(64)}@example.test`,
  ]) {
    t.ok(acceptsAddress(address), address)
    t.ok(normalizeEmailAddress(address), address)
  }
  for (const address of [
    `${'a'.repeat(65)}@example.test`,
    'ada@localhost',
    '.ada@example.test',
    'a..b@example.test',
    'ada@-example.test',
    'ada@example-.test',
    'ada@example.test.',
    'ada @example.test',
    'ada@exam\u0000ple.test',
    'ada@example.test\r\nBcc: x@example.test',
    `ada@${'a'.repeat(64)}.test`,
    `ada@${'a.'.repeat(130)}test`,
  ])
    t.notOk(acceptsAddress(address), JSON.stringify(address))
})

t.test('a domain whose ASCII form is too long or does not exist reaches nobody', async (t) => {
  t.ok(acceptsAddress(`ada@${'ü'.repeat(60)}.example`), 'the schema counts what is typed')
  t.equal(normalizeEmailAddress(`ada@${'ü'.repeat(60)}.example`), undefined)
  t.equal(normalizeEmailAddress(`ada@${Array.from({ length: 50 }, () => 'ü').join('.')}.example`), undefined)
  t.equal(normalizeEmailAddress('ada@xn--a.example'), undefined)
})

t.test('one mailbox has one form, and normalizing twice changes nothing', async (t) => {
  t.equal(normalizeEmailAddress('  Ada@Example.TEST '), 'ada@example.test')
  t.equal(normalizeEmailAddress('ada+tag@example.test'), 'ada+tag@example.test', 'tags belong to the provider')
  t.equal(normalizeEmailAddress('ada@BÜCHER.example'), 'ada@xn--bcher-kva.example')
  t.ok(isSameEmailAddress('ada@bu\u0308cher.example', 'ADA@xn--bcher-kva.EXAMPLE'))
  t.notOk(isSameEmailAddress('ada@example.test', 'eve@example.test'))
  t.notOk(isSameEmailAddress('nobody', 'nobody'))
  fc.assert(
    fc.property(fc.emailAddress(), (address) => {
      const once = normalizeEmailAddress(address)
      return once === undefined || normalizeEmailAddress(once) === once
    }),
  )
})

t.test('a name has something to see and leaves the text around it alone', async (t) => {
  for (const name of [
    'Ada',
    '李',
    'می\u200cخواهم',
    '👩\u200d💻',
    'O’Neil & Sons',
    'e\u0301',
    '❤\ufe0f',
    'x'.repeat(200),
  ])
    t.ok(acceptsName(name), codesOf(name))
  for (const name of [
    '',
    ' ',
    '\u00a0\u2003',
    '\u200b\u200d\u2060',
    '\u3164',
    '\u115f\u1160',
    '\u2800',
    '\ufe0f',
    '\u00ad',
    'a\u0000b',
    'a\nb',
    'a\u202eb',
    'a\u2066b',
    'a\u2028b',
    '\ud800a',
    'x'.repeat(201),
  ])
    t.notOk(acceptsName(name), codesOf(name))
})
