/**
 * Once a day at most: what somebody was told and has not read, of the kinds they want by mail. Due by the clock, after
 * no single event.
 */
import { titleOf } from '../notices/titles.ts'
import { composition, type Mail } from './mail.ts'

/** Titles that one mail holds. */
export const mostTitles = 20

export const notificationDigest: Mail = {
  pipeline: 'mail',
  eventType: undefined,
  limit: { count: 2, hours: 24 },
  isAskedFor: false,
  due: () => [],
  ...composition({
    name: 'notification-digest',
    async ask({ identity, digestOf }, { user_id, since, until }: { user_id: string; since: string; until: string }) {
      const digest = await digestOf({ userId: user_id, since, until, limit: mostTitles })
      if (digest.count === 0) return null
      const { email, locale } = await identity.getProfile(user_id)
      return { to: email, locale, values: digest }
    },
    sample: { notices: [{ kind: 'membership.joined', data: {} }], count: 1 },
    texts: {
      en: ({ notices, count }) => ({
        subject: count === 1 ? 'One thing you have not read' : `${count} things you have not read`,
        paragraphs: [
          ...notices.map((one) => titleOf(one, 'en')),
          ...(count > notices.length ? [`And ${count - notices.length} more.`] : []),
        ],
        closing: ['You asked for this mail. Your notification preferences say what it is about, and whether it comes.'],
      }),
      de: ({ notices, count }) => ({
        subject: count === 1 ? 'Eine ungelesene Mitteilung' : `${count} ungelesene Mitteilungen`,
        paragraphs: [
          ...notices.map((one) => titleOf(one, 'de')),
          ...(count > notices.length ? [`Und ${count - notices.length} weitere.`] : []),
        ],
        closing: [
          'Sie haben diese E-Mail bestellt. Ihre Einstellungen für Mitteilungen sagen, wovon sie handelt und ob ' +
            'sie kommt.',
        ],
      }),
    },
  }),
}
