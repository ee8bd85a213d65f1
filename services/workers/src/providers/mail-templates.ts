/**
 * The folder of a deployment's own mails: `<language>/<mail>.json` is a template (`src/mails/template.ts`),
 * `layout.html` and `layout.txt` stand around every mail. A language we write is changed where a template says so; any
 * other has to be whole, or a person would get half a mail in it. Whatever the folder has that means nothing is a
 * complaint: nobody believes a text is sent that is not.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Check } from 'typebox/value'
import { layoutPlaceholders, namesIn, ownLayouts, type Layouts } from '../mails/layout.ts'
import { localeOf } from '../mails/locale.ts'
import type { Mail } from '../mails/mail.ts'
import { mails } from '../mails/mails.ts'
import { MailTemplate, noTemplates, ourParagraphs, type MailTemplates } from '../mails/template.ts'

type Found = { templates: MailTemplates; complaints: string[] }

/** @throws Error that says what is wrong with the folder */
export function openMailTemplates(folder: string | undefined): MailTemplates {
  const { templates, complaints } = readMailTemplates(folder)
  if (complaints.length > 0) throw new Error(complaints.join('\n'))
  return templates
}

/** Everything that is wrong with the folder at once. */
export function readMailTemplates(folder: string | undefined): Found {
  if (folder === undefined) return { templates: noTemplates, complaints: [] }
  const complaints: string[] = []
  const complain = (file: string, what: string) => void complaints.push(`MAIL_TEMPLATES_FOLDER: ${file}: ${what}`)
  const byLanguage = new Map<string, ReadonlyMap<string, MailTemplate>>()
  let layouts = ownLayouts
  for (const name of entriesOf(folder, complain)) {
    const kind = name === 'layout.html' ? 'html' : name === 'layout.txt' ? 'text' : undefined
    if (kind !== undefined) layouts = { ...layouts, [kind]: readLayout(folder, name, complain) }
    else if (/^[a-z]{2,3}$/.test(name)) byLanguage.set(name, readLanguage(folder, name, complain))
    else complain(name, 'neither a language, layout.html nor layout.txt')
  }
  return { templates: templatesOf(byLanguage, layouts), complaints }
}

const templatesOf = (
  byLanguage: ReadonlyMap<string, ReadonlyMap<string, MailTemplate>>,
  layouts: Layouts,
): MailTemplates => ({
  layouts,
  languageOf(tag) {
    const language = tag?.split('-')[0]?.toLowerCase()
    return language !== undefined && byLanguage.has(language) ? language : undefined
  },
  find: (mail, language) => byLanguage.get(language)?.get(mail),
})

type Complain = (file: string, what: string) => void

function entriesOf(folder: string, complain: Complain): string[] {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith('.'))
  } catch {
    complain(folder, 'cannot be read as a folder')
    return []
  }
}

function readLayout(folder: string, name: string, complain: Complain): string {
  const text = readFileSync(join(folder, name), 'utf8')
  const names = namesIn(text)
  if (names.filter((each) => each === 'content').length !== 1) complain(name, 'has to name {{content}} once')
  for (const each of new Set(names))
    if (!layoutPlaceholders.some((known) => known === each)) complain(name, `{{${each}}} stands for nothing`)
  return text
}

function readLanguage(folder: string, language: string, complain: Complain): ReadonlyMap<string, MailTemplate> {
  const found = new Map<string, MailTemplate>()
  if (!statSync(join(folder, language)).isDirectory()) {
    complain(language, 'is no folder')
    return found
  }
  for (const file of entriesOf(join(folder, language), complain)) {
    const path = `${language}/${file}`
    const mail = mails.find(({ name }) => `${name}.json` === file)
    const template = mail && readTemplate(join(folder, path))
    if (mail === undefined) complain(path, 'no mail has this name')
    else if (template === undefined) complain(path, 'is no template: subject, paragraphs, action and closing are texts')
    else {
      for (const each of unknownNames(mail, template)) complain(path, `{{${each}}} stands for nothing in this mail`)
      found.set(mail.name, template)
    }
  }
  if (localeOf(language) === undefined) complainOfGaps(language, found, complain)
  return found
}

function readTemplate(path: string): MailTemplate | undefined {
  try {
    const template: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return Check(MailTemplate, template) ? template : undefined
  } catch {
    return undefined
  }
}

function unknownNames(mail: Mail, { subject, paragraphs = [], action, closing = [] }: MailTemplate): string[] {
  const known = new Set([...mail.placeholders, 'subject'])
  const lines = [...paragraphs, ...closing].filter((line) => line !== ourParagraphs)
  const named = [subject ?? '', ...lines].flatMap(namesIn).filter((name) => !known.has(name))
  // The name of a link is one of a deployment's own words.
  return [...new Set([...named, ...namesIn(action ?? '')])]
}

/** Of a language we do not write: what would be said in another one. */
function complainOfGaps(language: string, found: ReadonlyMap<string, MailTemplate>, complain: Complain): void {
  for (const mail of mails) {
    const template = found.get(mail.name)
    const missing = mail.parts.filter((part) => template?.[part] === undefined)
    if (missing.length > 0) complain(`${language}/${mail.name}.json`, `lacks ${missing.join(', ')}`)
  }
}
