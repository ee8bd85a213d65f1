/**
 * A mail is one file of this folder. It says which event makes it due, what the job keeps (ids), what its owner is
 * asked at the moment of sending, and the texts in every locale. `mails.ts` lists all of them; nothing else names one.
 */
import type { EventContract, EventEnvelope } from '@gatehouse/contracts/events/envelope'
import type { MailedPage } from '@gatehouse/contracts/http/pages'
import type { Deps } from '../deps.ts'
import type { Digest, DueDigest } from '../domain/digest.ts'
import { layOut, type MailContent, type MailText } from './layout.ts'
import { localeOf, type Locale } from './locale.ts'
import { readEvent } from './read-event.ts'

/** The pipelines that send mails; each has its own queue and scales alone. */
export type MailPipeline = 'mail' | 'security-alert'

/** Ids by name, an instant, a code of the event's contract, a count: all that a job may keep. */
export type About = Readonly<Record<string, string>>

/** What a mail may ask while it is sent. */
export type MailSources = Pick<Deps['clients'], 'identity' | 'orgs'> & {
  /** The address of a page of ours, with the secret it needs. */
  link(page: MailedPage, token: string): string
  /** What a person has not read of the notifications they want by mail. */
  digestOf(o: DueDigest & { limit: number }): Promise<Digest>
}

/** The owner's answer: where the mail goes, in which language, and the values its text names. */
export type Asked<V> = { to: string; locale?: string | undefined; values: V }

/** How many mails of one name one address gets at most, whoever causes them. */
export type RecipientLimit = { count: number; hours: number }

type Composition<A extends About, V> = {
  /**
   * @returns null when there is nothing to send any more. @throws AppError `not_found` when the owner knows no such
   * thing.
   */
  ask(sources: MailSources, about: A): Promise<Asked<V> | null>
  texts: Readonly<Record<Locale, (values: V) => MailText>>
}

type MailFile<C extends EventContract, A extends About, V> = Composition<A, V> & {
  /** The name of the file; jobs and the ledger know the mail by it. */
  name: string
  pipeline: MailPipeline
  event: C
  limit: RecipientLimit
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

/** A mail as the pipeline handles it: the types of its event and its values are settled inside. */
export type Mail = {
  readonly name: string
  readonly pipeline: MailPipeline
  /** Undefined: no single event makes it due. */
  readonly eventType: string | undefined
  readonly limit: RecipientLimit
  /** @throws Error when the event does not match its contract. */
  due(event: EventEnvelope): readonly DueMail[]
  compose(sources: MailSources, about: About, defaultLocale: Locale): Promise<ComposedMail | null>
}

export function defineMail<C extends EventContract, A extends About, V>(file: MailFile<C, A, V>): Mail {
  const { name, pipeline, event, limit } = file
  return {
    name,
    pipeline,
    eventType: event.type,
    limit,
    due(envelope) {
      const about = file.due(readEvent(event, envelope).data, envelope)
      if (about === undefined) return []
      return isList(about) ? about.map((one) => ({ about: one, to: one.user_id })) : [{ about }]
    },
    compose: composeWith(file),
  }
}

const isList = <A, B>(value: A | readonly B[]): value is readonly B[] => Array.isArray(value)

/** The mail in the language of its recipient, else the default one. */
export const composeWith =
  <A extends About, V>({ ask, texts }: Composition<A, V>): Mail['compose'] =>
  async (sources, about, defaultLocale) => {
    const asked = await ask(sources, about as A)
    if (asked === null) return null
    const locale = localeOf(asked.locale) ?? defaultLocale
    return { to: asked.to, ...layOut(texts[locale](asked.values), locale) }
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
}
