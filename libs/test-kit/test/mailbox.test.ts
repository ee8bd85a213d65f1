import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import nodemailer from 'nodemailer'
import t from 'tap'
import { startMailbox } from '@gatehouse/test-kit/mailbox/mailbox'
import { parseQuery } from '@gatehouse/test-kit/mailbox/search'

type Listed = { messages_count: number; messages: { ID: string; To: { Address: string }[]; Subject: string }[] }

const get = async <T>(url: string): Promise<T> => (await fetch(url)).json() as Promise<T>

t.test('a mail sent by SMTP is found by its recipient and read with its link', async (t) => {
  const mailbox = await startMailbox()
  t.teardown(mailbox.close)
  const mailer = nodemailer.createTransport(mailbox.smtpUrl)
  t.teardown(() => {
    mailer.close()
  })
  const text = 'Click https://gatehouse.example/verify?token=gthv_abc=1\r\nA line with a dot:\r\n.\r\nend. Grüße'
  await mailer.sendMail({
    from: 'Gatehouse <no-reply@gatehouse.example>',
    to: '"Ann, A." <ann+one@example.test>',
    subject: 'Verify your address ✓',
    text,
    messageId: '<job_1@gatehouse>',
  })
  await mailer.sendMail({
    from: 'no-reply@gatehouse.example',
    to: 'bob@example.test',
    bcc: 'eve@example.test',
    subject: 'Other',
    text: 'x',
  })

  const found = await get<Listed>(`${mailbox.url}/api/v1/search?query=${encodeURIComponent('to:ann+one@example.test')}`)
  t.equal(found.messages_count, 1)
  t.match(found.messages[0], {
    Subject: 'Verify your address ✓',
    MessageID: 'job_1@gatehouse',
    To: [{ Name: 'Ann, A.', Address: 'ann+one@example.test' }],
  })
  const message = await get<{ Text: string }>(`${mailbox.url}/api/v1/message/${found.messages[0]?.ID}`)
  t.match(message.Text, 'verify?token=gthv_abc=1')
  t.match(message.Text, 'Grüße')
  t.match(message.Text, /^\.$/m)

  const all = await get<Listed>(`${mailbox.url}/api/v1/messages?limit=1`)
  t.equal(all.messages_count, 2)
  t.same(
    all.messages.map((mail) => mail.Subject),
    ['Other'],
    'newest first',
  )
  t.match(await get(`${mailbox.url}/api/v1/message/latest`), { Bcc: [{ Address: 'eve@example.test' }] })
  t.equal((await fetch(`${mailbox.url}/api/v1/message/nonsense`)).status, 404)
  t.match(await (await fetch(`${mailbox.url}/api/v1/message/latest/raw`)).text(), 'Subject: Other')
})

t.test('the inbox page shows what a mail says and runs nothing of it', async (t) => {
  const mailbox = await startMailbox()
  t.teardown(mailbox.close)
  const mailer = nodemailer.createTransport(mailbox.smtpUrl)
  t.teardown(() => {
    mailer.close()
  })
  await mailer.sendMail({
    from: 'a@example.test',
    to: 'b@example.test',
    subject: '<img src=x onerror=alert(1)>',
    text: '<script>alert(1)</script> http://gatehouse.example/a?token=1&b="2',
  })
  const inbox = await (await fetch(mailbox.url)).text()
  const page = await fetch(`${mailbox.url}/view/latest`)
  const text = await page.text()
  t.notMatch(inbox + text, /<script|<img/)
  t.match(text, 'href="http://gatehouse.example/a?token=1&amp;b=&quot;2"')
  t.match(page.headers.get('content-security-policy'), "default-src 'none'")
})

t.test('a name that is not this machine’s is refused', async (t) => {
  const mailbox = await startMailbox()
  t.teardown(mailbox.close)
  const status = await new Promise((resolve) => {
    request(
      { host: '127.0.0.1', port: mailbox.httpPort, path: '/api/v1/messages', headers: { host: 'evil.example' } },
      (response) => {
        response.resume()
        resolve(response.statusCode)
      },
    ).end()
  })
  t.equal(status, 421)
})

t.test('mails outlive a restart when they have a folder', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'mailbox-'))
  t.teardown(() => {
    rmSync(folder, { recursive: true })
  })
  const first = await startMailbox({ folder })
  const mailer = nodemailer.createTransport(first.smtpUrl)
  for (const subject of ['one', 'two'])
    await mailer.sendMail({ from: 'a@example.test', to: 'b@example.test', subject, text: subject })
  mailer.close()
  await first.close()
  const second = await startMailbox({ folder, smtpPort: first.smtpPort, httpPort: first.httpPort })
  t.teardown(second.close)
  t.same(
    second.messages().map((message) => message.Subject),
    ['two', 'one'],
  )
})

t.test('a bad day refuses mail for a while, and waiting sees the one that comes through', async (t) => {
  const mailbox = await startMailbox()
  t.teardown(mailbox.close)
  const mailer = nodemailer.createTransport(mailbox.smtpUrl)
  t.teardown(() => {
    mailer.close()
  })
  mailbox.failNext(1)
  const mail = { from: 'a@example.test', to: 'b@example.test', subject: 'hello', text: 'x' }
  await t.rejects(mailer.sendMail(mail), /451/)
  const arrived = mailbox.waitFor((message) => message.Subject === 'hello')
  await mailer.sendMail(mail)
  t.equal((await arrived).To[0]?.Address, 'b@example.test')
  await t.rejects(
    mailbox.waitFor(() => false, 20),
    /no such mail within 20 ms/,
  )
})

t.test('a query is fields, phrases and negations', async (t) => {
  t.same(parseQuery('to:a@b.c subject:"two words" -draft'), [
    { field: 'to', text: 'a@b.c', isNegated: false },
    { field: 'subject', text: 'two words', isNegated: false },
    { field: '', text: 'draft', isNegated: true },
  ])
})
