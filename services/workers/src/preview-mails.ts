/**
 * `npm run mails -- preview [mail]`: every mail, or one, as it would be sent, about an example. Ends with 1 and a
 * sentence for each fault when the folder with a deployment's own texts is not right.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { localeOf } from './mails/locale.ts'
import { mails } from './mails/mails.ts'
import { readMailTemplates } from './providers/mail-templates.ts'

const say = (text: string): void => void process.stdout.write(`${text}\n`)

type Options = { templates?: string; language: string; out?: string }

function preview(only: string | undefined, { templates: folder, language, out }: Options): void {
  const { templates, complaints } = readMailTemplates(folder)
  for (const complaint of complaints) process.stderr.write(`${complaint}\n`)
  const chosen = mails.filter(({ name }) => only === undefined || name === only)
  const isWritten = localeOf(language) !== undefined || templates.languageOf(language) !== undefined
  if (chosen.length === 0)
    throw new Error(`no mail is called ${only}; there are ${mails.map(({ name }) => name).join(', ')}`)
  if (!isWritten) throw new Error(`no mail is written in ${language}`)
  if (out !== undefined) mkdirSync(out, { recursive: true })
  for (const mail of chosen) {
    const { subject, text, html } = mail.preview(language, { defaultLocale: 'en', templates })
    if (out === undefined) say(`--- ${mail.name}\nSubject: ${subject}\n\n${text}`)
    else {
      writeFileSync(join(out, `${mail.name}.html`), html)
      writeFileSync(join(out, `${mail.name}.txt`), `${subject}\n\n${text}`)
    }
  }
  if (complaints.length > 0) process.exitCode = 1
}

const program = new Command('npm run mails --').description('The mails this deployment sends.')
program
  .command('preview')
  .description('Shows mails as they would be sent, about an example.')
  .argument('[mail]', 'one mail; without, each of them')
  .option('--templates <folder>', 'the own texts of the deployment: MAIL_TEMPLATES_FOLDER')
  .option('--language <language>', 'the language of the recipient', 'en')
  .option('--out <folder>', 'writes an HTML and a text file for each mail there')
  .action(preview)
await program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
})
