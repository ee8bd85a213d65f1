/**
 * A mail is one file of this folder. It says which event makes it due, what the job keeps (ids), what its owner is
 * asked at the moment of sending, and the texts in every locale. `mails.ts` lists all of them; nothing else names one.
 */
import type { EventContract, EventEnvelope } from '@gatehouse/contracts/events/envelope'
import type { OrganizationBrand } from '@gatehouse/contracts/http/orgs/organizations'
import type { MailedPage } from '@gatehouse/contracts/http/pages'
import type { IdentityClient } from '../clients/identity.ts'
import type { OrgsClient } from '../clients/orgs.ts'
import type { Digest, DueDigest } from '../domain/digest.ts'
import { layOut, type MailContent, type MailText } from './layout.ts'
import { localeOf, type Locale } from './locale.ts'
import { readEvent } from './read-event.ts'
import { applyTemplate, type MailTemplate, type MailTemplates } from './template.ts'

/** The pipelines that send mails; each has its own queue and scales alone. */
export type MailPipeline = 'mail' | 'security-alert'

/** Ids by name, an instant, a code of the event's contract, a count: all that a job may keep. */
export type About = Readonly<Record<string, string>>

/** What a mail may ask while it is sent. */
export type MailSources = {
  identity: IdentityClient
  orgs: OrgsClient
  /** The address of a page of ours, with the secret it needs. */
  link(page: MailedPage, token: string): string
  /** What a person has not read of the notifications they want by mail. */
  digestOf(o: DueDigest & { limit: number }): Promise<Digest>
}

/**
 * The owner's answer: where the mail goes, in which language, the values its text names, and the organization it is
 * about, as people recognize it.
 */
export type Asked<V> = { to: string; locale?: string | undefined; brand?: OrganizationBrand; values: V }

/** How many mails of one name one address gets at most, whoever causes them. */
export type RecipientLimit = { count: number; hours: number }

type Composition<A extends About, V> = {
  /** The name of the file; jobs, the ledger and templates know the mail by it. */
  name: string
  /**
   * @returns null when there is nothing to send any more. @throws AppError `not_found` when the owner knows no such
   * thing.
   */
  ask(sources: MailSources, about: A): Promise<Asked<V> | null>
  /** Values as `ask` gives them, for previews; templates may name each of them that is a text or a number. */
  sample: V
  texts: Readonly<Record<Locale, (values: V) => MailText>>
}

type MailFile<C extends EventContract, A extends About, V> = Composition<A, V> & {
  pipeline: MailPipeline
  event: C
  limit: RecipientLimit
  /**
   * Its recipient has asked for it just now, so it is tried at an address that has refused mails. False when absent.
   */
  isAskedFor?: true
  /**
   * What the job keeps; `undefined` when this event calls for no mail, a list when it calls for one mail to each of
   * several people.
   */
  due(data: EventData<C>, event: EventEnvelope): A | undefined | readonly (A & { user_id: string })[]
}

type EventData<C extends EventContract> = ReturnType<typeof readEvent<C>>['data']

/** `to` tells the recipients of one event apart; absent when there is one. */
export type DueMail = { about: About; to?: string }

export type ComposedMail = MailContent & { to: string }

/** What a deployment says about all of its mails: the language where a person's is not known, and its own texts. */
export type MailStyle = { defaultLocale: Locale; templates: MailTemplates }

/** A mail as the pipeline handles it: the types of its event and its values are settled inside. */
export type Mail = {
  readonly name: string
  readonly pipeline: MailPipeline
  /** Undefined: no single event makes it due. */
  readonly eventType: string | undefined
  readonly limit: RecipientLimit
  readonly isAskedFor: boolean
  /** @throws Error when the event does not match its contract. */
  due(event: EventEnvelope): readonly DueMail[]
  compose(sources: MailSources, about: About, style: MailStyle): Promise<ComposedMail | null>
  /** The mail in a language, about an example. */
  preview(language: string, style: MailStyle): MailContent
  /** Names that a template of the mail may put in braces. */
  readonly placeholders: readonly string[]
  /** What the mail has of the parts of a template: a whole translation has each of them. */
  readonly parts: readonly (keyof MailTemplate)[]
}

export function defineMail<C extends EventContract, A extends About, V>(file: MailFile<C, A, V>): Mail {
  const { pipeline, event, limit, isAskedFor = false } = file
  return {
    pipeline,
    eventType: event.type,
    limit,
    isAskedFor,
    due(envelope) {
      const about = file.due(readEvent(event, envelope).data, envelope)
      if (about === undefined) return []
      return isList(about) ? about.map((one) => ({ about: one, to: one.user_id })) : [{ about }]
    },
    ...composition(file),
  }
}

const isList = <A, B>(value: A | readonly B[]): value is readonly B[] => Array.isArray(value)

/**
 * The mail in the language of its recipient, else the default one; as a template of the deployment says, if any does.
 */
export function composition<A extends About, V>({
  name,
  ask,
  sample,
  texts,
}: Composition<A, V>): Pick<Mail, 'name' | 'compose' | 'preview' | 'placeholders' | 'parts'> {
  const write = ({ locale, brand, values }: Omit<Asked<V>, 'to'>, { defaultLocale, templates }: MailStyle) => {
    const language = templates.languageOf(locale) ?? localeOf(locale) ?? defaultLocale
    const own = texts[localeOf(language) ?? defaultLocale](values)
    const text = applyTemplate(templates.find(name, language), own, placeable(values))
    return layOut(text, { language, brand, layouts: templates.layouts })
  }
  const placeholders = Object.keys(placeable(sample))
  const brand = placeholders.includes('organization') ? sampleBrand : undefined
  const { action, closing } = texts.en(sample)
  return {
    name,
    placeholders,
    parts: [
      'subject',
      'paragraphs',
      ...(action ? (['action'] as const) : []),
      ...(closing ? (['closing'] as const) : []),
    ],
    async compose(sources, about, style) {
      const asked = await ask(sources, about as A)
      return asked && { to: asked.to, ...write(asked, style) }
    },
    preview: (locale, style) => write({ locale, ...(brand && { brand }), values: sample }, style),
  }
}

/** What a template may name: texts and numbers. A link belongs to its button alone, where it cannot be torn apart. */
const placeable = (values: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values as Record<string, unknown>).flatMap(([key, value]) =>
      key !== 'href' && (typeof value === 'string' || typeof value === 'number') ? [[key, String(value)]] : [],
    ),
  )

export const sampleTime = '2026-01-01 12:00:00 UTC'
export const sampleLink = 'https://id.example.com/page?token=sample'
const sampleBrand: OrganizationBrand = {
  name: 'Example',
  logo_url: null,
  colors: { background: '#1f3a5f', text: '#ffffff' },
}

/** An instant as a mail says it, to the second. */
export const utcText = (instant: string): string => `${instant.slice(0, 19).replace('T', ' ')} UTC`

/** The due time and the addressee that alarms have in common: the person of the event is told when it happened. */
export const toPersonAt = {
  due: ({ user_id }: { user_id: string }, { time }: { time: string }) => ({ user_id, happened_at: time }),
  async ask(
    { identity }: MailSources,
    about: { user_id: string; happened_at: string },
  ): Promise<Asked<{ at: string }>> {
    const { email, locale } = await identity.getProfile(about.user_id)
    return { to: email, locale, values: { at: utcText(about.happened_at) } }
  },
  sample: { at: sampleTime },
}
