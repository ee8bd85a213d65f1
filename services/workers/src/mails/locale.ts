/** The languages mails are written in. A catalogue that lacks one of them does not compile. */
import Type, { type Static } from 'typebox'

export const Locale = Type.Union([Type.Literal('en'), Type.Literal('de')])
export type Locale = Static<typeof Locale>

/**
 * The locale of a BCP 47 tag by its primary language (RFC 4647 §3.4 lookup); undefined when mails are not written in
 * it.
 */
export function localeOf(tag: string | undefined): Locale | undefined {
  const language = tag?.split('-')[0]?.toLowerCase()
  return language === 'en' || language === 'de' ? language : undefined
}
