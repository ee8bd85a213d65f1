/**
 * The one shape of our mails: a few paragraphs, at most one link, as plain text and as the same thing in HTML without
 * scripts. What other people chose (the name of an organization) passes `quoted`, so that nobody can make our mail
 * carry their link. The one image there may be is the logo of an organization its recipient belongs to.
 */
import type { OrganizationBrand } from '@gatehouse/contracts/http/orgs/organizations'

export type MailContent = { subject: string; text: string; html: string }

/** What a mail says in one language. */
export type MailText = {
  subject: string
  paragraphs: readonly string[]
  action?: { label: string; href: string }
  closing?: readonly string[]
}

/** What stands around the parts of a mail. */
export type Layouts = { text: string; html: string }

/** `{{content}}` once in each; the others where a layout wants them. */
export const layoutPlaceholders = ['content', 'subject', 'language', 'brand'] as const

export const ownLayouts: Layouts = {
  text: '{{content}}\n\nGatehouse\n',
  html:
    '<!doctype html><html lang="{{language}}"><head><meta charset="utf-8"><title>{{subject}}</title></head>' +
    '<body>{{brand}}{{content}}<p>Gatehouse</p></body></html>',
}

type Look = { language: string; brand?: OrganizationBrand | undefined; layouts: Layouts }

export function layOut(parts: MailText, { language, brand, layouts }: Look): MailContent {
  const { action, closing = [] } = parts
  const subject = oneLine(parts.subject)
  const text = [...parts.paragraphs, ...(action ? [`${action.label}:\n${action.href}`] : []), ...closing].join('\n\n')
  const html = [...parts.paragraphs.map(paragraph), button(action, brand), ...closing.map(paragraph)].join('')
  const around = { subject: escapeHtml(subject), language: escapeHtml(language), brand: header(brand) }
  return {
    subject,
    text: fill(layouts.text, { subject, language, brand: brand ? quoted(brand.name) : '', content: text }),
    html: fill(layouts.html, { ...around, content: html }),
  }
}

const paragraph = (text: string): string => `<p>${escapeHtml(text)}</p>`

/** Colours of an organization are readable on each other: orgs takes no others. */
const colored = (brand: OrganizationBrand | undefined, more: string): string =>
  brand?.colors
    ? ` style="background-color:${escapeHtml(brand.colors.background)};color:${escapeHtml(brand.colors.text)};${more}"`
    : ''

function button(action: MailText['action'], brand: OrganizationBrand | undefined): string {
  if (action === undefined) return ''
  const style = colored(brand, 'display:inline-block;padding:10px 16px')
  return `<p><a href="${escapeHtml(action.href)}"${style}>${escapeHtml(action.label)}</a></p>`
}

function header(brand: OrganizationBrand | undefined): string {
  if (brand === undefined) return ''
  const logo = brand.logo_url === null ? '' : `<img src="${escapeHtml(brand.logo_url)}" alt="" height="40"> `
  return `<p${colored(brand, 'padding:12px 16px')}>${logo}<strong>${escapeHtml(quoted(brand.name))}</strong></p>`
}

/** A text with the values of the names it has in braces; a name without a value stays as it is. */
export const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(braces, (whole, name: string) => (Object.hasOwn(values, name) ? (values[name] as string) : whole))

/** The names in the braces of a text. */
export const namesIn = (text: string): string[] => [...text.matchAll(braces)].map(([, name]) => name as string)

const braces = /\{\{([a-z_]+)\}\}/g

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
