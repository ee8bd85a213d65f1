/**
 * Tells a person that an operator sees the platform as they do. Carries no link: an alarm that asks to click teaches
 * the wrong habit.
 */
import { ImpersonationBegun } from '@gatehouse/contracts/events/tokens/impersonation'
import { defineMail, sampleTime, utcText } from './mail.ts'

export const accountImpersonated = defineMail({
  name: 'account-impersonated',
  pipeline: 'security-alert',
  event: ImpersonationBegun,
  limit: { count: 20, hours: 24 },
  due: ({ user_id, expires_at }, { time }) => ({ user_id, expires_at, happened_at: time }),
  async ask({ identity }, { user_id, expires_at, happened_at }) {
    const { email, locale } = await identity.getProfile(user_id)
    return { to: email, locale, values: { at: utcText(happened_at), until: utcText(expires_at) } }
  },
  sample: { at: sampleTime, until: sampleTime },
  texts: {
    en: ({ at, until }) => ({
      subject: 'An operator looks at your account',
      paragraphs: [
        `At ${at} an operator began to see the platform as you do, until ${until} at the latest. They change nothing.`,
        'The reason they gave is among your notifications. The session is among yours: you may end it at any time.',
      ],
    }),
    de: ({ at, until }) => ({
      subject: 'Ein Betreiber sieht Ihr Konto ein',
      paragraphs: [
        `Um ${at} begann ein Betreiber, die Plattform so zu sehen wie Sie, längstens bis ${until}. Er ändert nichts.`,
        'Der Grund steht bei Ihren Mitteilungen, die Sitzung bei Ihren Sitzungen: Sie können sie jederzeit beenden.',
      ],
    }),
  },
})
