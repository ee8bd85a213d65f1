import t from 'tap'
import { publicLink } from '../../src/domain/public-link.ts'
import { emailVerificationMail } from '../../src/templates/email-verification.ts'
import { invitationMail } from '../../src/templates/invitation.ts'
import { oneLine, quoted } from '../../src/templates/layout.ts'
import { refreshTokenReusedMail } from '../../src/templates/refresh-token-reused.ts'

t.test('links lead to the public address with the secret in the query', async (t) => {
  t.equal(
    publicLink('https://id.example.com/', '/verify-email', 'gthv_a-b'),
    'https://id.example.com/verify-email?token=gthv_a-b',
  )
  t.equal(publicLink('https://id.example.com', '/x', 'a&b=c'), 'https://id.example.com/x?token=a%26b%3Dc')
})

t.test('text and HTML carry the same link', async (t) => {
  const link = 'https://id.example.com/verify-email?token=gthv_1'
  const mail = emailVerificationMail({ link })
  t.ok(mail.text.includes(link))
  t.ok(mail.html.includes(`<a href="${link}">`))
})

t.test('the name of an organization cannot break out of a header or into HTML, and is no link', async (t) => {
  const mail = invitationMail({
    organizationName: 'Acme\r\nBcc: all@example.com\u202e <img src=x onerror=a()> see https://evil.example/login',
    link: 'https://id.example.com/i?token=gthi_1',
  })
  t.notMatch(mail.subject, /[\r\n\u202e]/)
  t.notMatch(mail.html, /<img/)
  t.notMatch(mail.text, /https:\/\/evil/)
  t.notMatch(mail.text, /evil\.example/)
  t.equal(mail.text.match(/https:\/\//g)?.length, 1, 'one link: ours')
  t.match(invitationMail({ organizationName: 'Acme', link: 'x' }).subject, /^You are invited to Acme$/)
})

t.test('names are one short line', async (t) => {
  t.equal(oneLine(' a\u0000b\u2028c '), 'a b c')
  t.equal([...quoted('é'.repeat(200))].length, 80)
})

t.test('an alarm asks nobody to click', async (t) => {
  const mail = refreshTokenReusedMail({ happenedAt: '2026-11-24T03:04:05.678901Z' })
  t.match(mail.text, /2026-11-24 03:04:05 UTC/)
  t.notMatch(mail.html, /href/)
})
