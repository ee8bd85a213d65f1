/**
 * Tells a person that a refresh token of theirs was used twice (RFC 9700 §4.14.2).
 * Carries no link: an alarm that asks to click teaches the wrong habit.
 */
import { FamilyRevoked } from '@gatehouse/contracts/events/tokens/family'
import { defineMail, utcText, sampleTime } from './mail.ts'

export const refreshTokenReused = defineMail({
  name: 'refresh-token-reused',
  pipeline: 'security-alert',
  event: FamilyRevoked,
  limit: { count: 20, hours: 1 },
  // A family that ended with its session is no news to anybody.
  due: ({ user_id, reason }, { time }) => (reason === 'reuse_detected' ? { user_id, happened_at: time } : undefined),
  async ask({ identity }, { user_id, happened_at }) {
    const { email, locale } = await identity.getProfile(user_id)
    return { to: email, locale, values: { at: utcText(happened_at) } }
  },
  sample: { at: sampleTime },
  texts: {
    en: ({ at }) => ({
      subject: 'We ended one of your sessions',
      paragraphs: [
        `At ${at} a sign-in of yours was continued from two places at once. That happens when a device was copied ` +
          `or its sign-in was stolen, so we ended that session everywhere.`,
        'If you had to sign in again and know why, all is well. If not, sign in as you always do, look through ' +
          'your sessions and change your password.',
      ],
    }),
    de: ({ at }) => ({
      subject: 'Wir haben eine Ihrer Sitzungen beendet',
      paragraphs: [
        `Um ${at} wurde eine Anmeldung von Ihnen an zwei Orten zugleich fortgesetzt. Das geschieht, wenn ein Gerät ` +
          `kopiert oder seine Anmeldung gestohlen wurde; deshalb haben wir diese Sitzung überall beendet.`,
        'Falls Sie sich neu anmelden mussten und wissen, warum, ist alles in Ordnung. Falls nicht, melden Sie sich ' +
          'an wie immer, sehen Sie Ihre Sitzungen durch und ändern Sie Ihr Passwort.',
      ],
    }),
  },
})
