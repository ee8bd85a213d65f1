/**
 * Texts of a deployment in the place of ours: of one mail in one language, or of all mails in a language we do not
 * write. A template says what it changes and names values in braces; every value passes `named` or `quoted`, so a
 * template cannot make a link of what other people chose.
 */
import Type, { type Static } from 'typebox'
import { fill, named, ownLayouts, quoted, type Layouts, type MailText } from './layout.ts'

const Line = Type.String({ minLength: 1, maxLength: 2000, pattern: '^[^\\u0000-\\u001f\\u007f]+$' })
const Lines = Type.Array(Line, { maxItems: 20 })

export const MailTemplate = Type.Object(
  {
    subject: Type.Optional(Line),
    /** A line that is `{{paragraphs}}` stands for ours. */
    paragraphs: Type.Optional(Lines),
    /** What the link is called. */
    action: Type.Optional(Line),
    closing: Type.Optional(Lines),
  },
  { additionalProperties: false },
)
export type MailTemplate = Static<typeof MailTemplate>

export type MailTemplates = {
  /** The language of a BCP 47 tag, when the deployment writes mails in it. */
  languageOf(tag: string | undefined): string | undefined
  find(mail: string, language: string): MailTemplate | undefined
  layouts: Layouts
}

/** Of a deployment that changes nothing. */
export const noTemplates: MailTemplates = {
  languageOf: () => undefined,
  find: () => undefined,
  layouts: ownLayouts,
}

/** The whole of our paragraphs, among those of a template. */
export const ourParagraphs = '{{paragraphs}}'

export function applyTemplate(
  template: MailTemplate | undefined,
  own: MailText,
  values: Readonly<Record<string, string>>,
): MailText {
  if (template === undefined) return own
  const all = { ...values, subject: own.subject }
  const inSubject = mapped(all, named)
  const inText = mapped(all, quoted)
  const lines = (texts: readonly string[]) =>
    texts.flatMap((text) => (text === ourParagraphs ? own.paragraphs : [fill(text, inText)]))
  const { subject, paragraphs, action, closing } = template
  return {
    subject: subject === undefined ? own.subject : fill(subject, inSubject),
    paragraphs: paragraphs === undefined ? own.paragraphs : lines(paragraphs),
    ...(own.action && { action: { href: own.action.href, label: action ?? own.action.label } }),
    closing: closing === undefined ? (own.closing ?? []) : lines(closing),
  }
}

const mapped = (values: Readonly<Record<string, string>>, how: (text: string) => string): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, how(value)]))
