/** A deployment's own mails: its words, other languages, another layout; and what is wrong with them, said at start. */
import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import type { MailSources, MailStyle } from '../../src/mails/mail.ts'
import { mails } from '../../src/mails/mails.ts'
import { openMailTemplates, readMailTemplates } from '../../src/providers/mail-templates.ts'

/** A folder with these files: texts as they are, everything else as JSON. */
function folderOf(t: Test, files: Readonly<Record<string, unknown>>): string {
  const folder = t.testdir()
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content))
  }
  return folder
}

const styleOf = (folder: string): MailStyle => ({ defaultLocale: 'en', templates: openMailTemplates(folder) })
const stranger = 'Acme.example/login'
const brand = { name: stranger, logo_url: null, colors: null }
const sources = (locale?: string) =>
  ({
    identity: { getProfile: async () => ({ email: 'ann@example.com', ...(locale !== undefined && { locale }) }) },
    orgs: { brandOf: async () => brand },
  }) as unknown as MailSources
const compose = async (name: string, o: { folder: string; locale?: string }) => {
  const about = { user_id: 'user_1', organization_id: 'org_1', happened_at: '2026-11-24T03:04:05.678901Z' }
  const mail = await mails.find((each) => each.name === name)?.compose(sources(o.locale), about, styleOf(o.folder))
  if (!mail) throw new Error(`${name} was not composed`)
  return mail
}

t.test('a template changes what it names and leaves the rest; what others chose is no link in it', async (t) => {
  const folder = folderOf(t, {
    'en/access-request-approved.json': {
      subject: 'Welcome to {{organization}}',
      paragraphs: ['Hello from {{organization}}.', '{{paragraphs}}', 'About: {{subject}}'],
    },
  })
  const mail = await compose('access-request-approved', { folder })
  t.equal(mail.subject, `Welcome to ${stranger}`)
  t.match(mail.text, /^Hello from Acme\.\u200bexample\/\u200blogin\.\n\nYou were given the access/)
  t.match(mail.text, /About: You have access to Acme\.\u200bexample\/\u200blogin\n\nGatehouse\n$/)
  t.match((await compose('access-request-denied', { folder })).text, /^You were not given/, 'another mail is ours')
  t.match((await compose('access-request-approved', { folder, locale: 'de' })).subject, /^Sie haben Zugang/)
})

t.test('a text that looks like a name in braces is only that', async (t) => {
  const folder = folderOf(t, { 'en/access-request-denied.json': { paragraphs: ['{{organization}}'] } })
  brand.name = '{{subject}}{{content}}'
  t.match((await compose('access-request-denied', { folder })).text, /^\{\{subject\}\}\{\{content\}\}\n/)
  brand.name = stranger
})

/** A whole translation: each mail says its name. */
const french = () =>
  Object.fromEntries(
    mails.map((mail) => [
      `fr/${mail.name}.json`,
      Object.fromEntries(
        mail.parts.map((part) => {
          const text = `${mail.name}: ${part}`
          return [part, part === 'paragraphs' || part === 'closing' ? [text] : text]
        }),
      ),
    ]),
  )

t.test('a language of the deployment is written to those who read it', async (t) => {
  const folder = folderOf(t, french())
  const mail = await compose('password-changed', { folder, locale: 'FR-ca' })
  t.equal(mail.subject, 'password-changed: subject')
  t.match(mail.html, /<html lang="fr">.*<p>password-changed: paragraphs<\/p>/)
  t.match((await compose('password-changed', { folder, locale: 'it' })).html, /<html lang="en">/)
  for (const each of mails)
    t.notMatch(JSON.stringify(each.preview('fr', styleOf(folder))), /You|Sie /, `${each.name} has no word of ours`)
})

t.test('a layout stands around every mail, and its values are escaped', async (t) => {
  const folder = folderOf(t, {
    'layout.html':
      '<html lang="{{language}}"><title>{{subject}}</title>{{brand}}<main>{{content}}</main>ACME Inc.</html>',
    'layout.txt': '{{content}}\n-- \nACME Inc.\n',
    'en/access-request.json': { subject: '<b>{{organization}}' },
  })
  const mail = await compose('access-request', { folder })
  t.match(mail.html, /^<html lang="en"><title>&lt;b&gt;Acme\.example\/login<\/title><p><strong>Acme\.\u200b/)
  t.match(mail.html, /<main><p>Somebody asks.*<\/main>ACME Inc\.<\/html>$/)
  t.match(mail.text, /\n-- \nACME Inc\.\n$/)
  t.notMatch(mail.text + mail.html, /Gatehouse/)
})

t.test('everything that is wrong with the folder is said at once, and nothing starts with it', async (t) => {
  const incomplete: Record<string, unknown> = { ...french(), 'fr/sign-in-code.json': { subject: 'Votre code' } }
  delete incomplete['fr/invitation.json']
  const folder = folderOf(t, {
    ...incomplete,
    'layout.html': '<p>{{conten}}</p>',
    'layout.txt': '{{content}}{{content}}',
    'notes.md': 'x',
    'en/no-such-mail.json': {},
    'en/invitation.json': { subject: 'x', greeting: 'y' },
    'en/sign-in-code.json': '{"subject":',
    'en/password-reset.json': { paragraphs: ['{{href}} {{name}}'], action: '{{organization}}' },
    'de/sign-in-locked.json': { subject: 'two\nlines' },
  })
  const { complaints } = readMailTemplates(folder)
  t.same(
    complaints.map((complaint) => complaint.replace('MAIL_TEMPLATES_FOLDER: ', '')).sort(),
    [
      'de/sign-in-locked.json: is no template: subject, paragraphs, action and closing are texts',
      'en/invitation.json: is no template: subject, paragraphs, action and closing are texts',
      'en/no-such-mail.json: no mail has this name',
      'en/password-reset.json: {{href}} stands for nothing in this mail',
      'en/password-reset.json: {{name}} stands for nothing in this mail',
      'en/password-reset.json: {{organization}} stands for nothing in this mail',
      'en/sign-in-code.json: is no template: subject, paragraphs, action and closing are texts',
      'fr/invitation.json: lacks subject, paragraphs, action, closing',
      'fr/sign-in-code.json: lacks paragraphs',
      'layout.html: has to name {{content}} once',
      'layout.html: {{conten}} stands for nothing',
      'layout.txt: has to name {{content}} once',
      'notes.md: neither a language, layout.html nor layout.txt',
    ].sort(),
  )
  t.throws(() => openMailTemplates(folder), /no-such-mail/)
  t.match(readMailTemplates(join(folder, 'nowhere')).complaints, [/cannot be read as a folder/])
  t.same(readMailTemplates(undefined).complaints, [])
})

const run = (args: readonly string[]) =>
  promisify(execFile)(process.execPath, ['--import', 'tsx', program, ...args], { env: { PATH: process.env['PATH'] } })
const program = new URL('../../src/preview-mails.ts', import.meta.url).pathname

t.test('the command shows each mail as it would be sent, and fails with a folder that is not right', async (t) => {
  const folder = folderOf(t, { 'en/sign-in-code.json': { subject: 'Your ACME code' } })
  const out = join(folder, '.out')
  const args = ['preview', '--templates', folder]
  t.match((await run([...args, 'sign-in-code'])).stdout, /Subject: Your ACME code\n\nType this code/)
  await run([...args, '--language', 'de', '--out', out])
  t.equal(readdirSync(out).length, 2 * mails.length)
  t.match(readFileSync(join(out, 'invitation.html'), 'utf8'), /<html lang="de">.*background-color:#1f3a5f/)
  writeFileSync(join(folder, 'en', 'typo.json'), '{}')
  await t.rejects(run(args), { code: 1, stderr: /en\/typo\.json: no mail has this name/ })
  await t.rejects(run([...args, '--language', 'fr']), { code: 1, stderr: /no mail is written in fr/ })
})
