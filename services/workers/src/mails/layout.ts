/**
 * The one shape of our mails: a few paragraphs, at most one link, as plain text and as the same thing in HTML without
 * images or scripts. What other people chose (the name of an organization) passes `quoted`, so that nobody can make our
 * mail carry their link.
 */

import type { Locale } from './locale.ts'

export type MailContent = { subject: string; text: string; html: string }

/** What a mail says in one language. */
export type MailText = {
  subject: string
  paragraphs: readonly string[]
  action?: { label: string; href: string }
  closing?: readonly string[]
}

export function layOut(parts: MailText, locale: Locale): MailContent {
  const { action, closing = [] } = parts
  const text = [
    ...parts.paragraphs,
    ...(action ? [`${action.label}:\n${action.href}`] : []),
    ...closing,
    'Gatehouse',
  ].join('\n\n')
  const button = action ? `<p><a href="${escapeHtml(action.href)}">${escapeHtml(action.label)}</a></p>` : ''
  const body = parts.paragraphs.map(paragraph).join('') + button + closing.map(paragraph).join('')
  return {
    subject: oneLine(parts.subject),
    text: `${text}\n`,
    html: `<!doctype html><html lang="${locale}"><head><meta charset="utf-8"><title>${escapeHtml(parts.subject)}</title></head><body>${body}<p>Gatehouse</p></body></html>`,
  }
}

const paragraph = (text: string): string => `<p>${escapeHtml(text)}</p>`

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => entities[char] ?? char)

/**
 * Control characters, line breaks of any kind and overrides of direction become spaces: a header stays one line.
 * The joiners and direction marks that scripts and emoji need stay, as in `DisplayName` of the contracts.
 */
export const oneLine = (text: string): string =>
  [...text.replace(/(?:(?![\u061c\u200c-\u200f\u{e0020}-\u{e007f}])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}])+/gu, ' ')]
    .slice(0, 200)
    .join('')
    .trim()

/** A name somebody chose, as a header says it: no mail program makes a link of a subject. */
export const named = (name: string): string => [...oneLine(name)].slice(0, 80).join('')

/**
 * A name somebody chose, in the text of a mail: one line, not long, and nothing mail programs turn into a link (a
 * zero-width space follows each dot, slash and colon inside a word).
 */
export const quoted = (name: string): string => named(name).replace(/[.:/](?=\S)/g, '$&\u200b')
