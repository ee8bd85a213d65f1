/** Which language a browser is answered in (RFC 9110 §12.5.4), and the text of a problem code. */
import { de } from './de.ts'
import { en, type Texts } from './en.ts'

export type { Texts } from './en.ts'

const catalogue = { en, de } as const
export type Language = keyof typeof catalogue

export const textsOf = (language: Language): Texts => catalogue[language]

/** The known language of the highest weight; of equal ones the first. */
export function languageOf(acceptLanguage: string | undefined): Language {
  let best: { language: Language; weight: number } | undefined
  for (const range of (acceptLanguage ?? '').slice(0, 500).split(',')) {
    const [tag = '', ...parameters] = range.trim().split(';')
    const primary = tag.trim().split('-', 1)[0]?.toLowerCase()
    const weight = Number(/^\s*q=([0-9.]+)\s*$/.exec(parameters.join(';'))?.[1] ?? '1')
    const language = primary === 'de' || primary === 'en' ? primary : undefined
    if (language !== undefined && weight > (best?.weight ?? 0)) best = { language, weight }
  }
  return best?.language ?? 'en'
}

/** The first known language of a list in order of preference (OpenID Connect Core 1.0 §3.1.2.1, `ui_locales`). */
export const languageAmong = (tags: string): Language | undefined =>
  tags
    .split(' ')
    .map((tag) => tag.split('-', 1)[0]?.toLowerCase())
    .find((primary) => primary === 'de' || primary === 'en')

const transient = new Set(['unavailable', 'upstream_failed', 'not_current', 'deadline_exceeded', 'internal_error'])

/** What is said of a problem code or, where it is the name of a text, that text. */
export function textOf(texts: Texts, code: string): string {
  if (transient.has(code)) return texts.problem_later
  const known = [code, `problem_${code}`].find((key) => Object.hasOwn(texts, key))
  return known === undefined ? texts.problem_other : texts[known as keyof Texts]
}
