/**
 * Tells a person that their password was replaced.
 * Carries no link: an alarm that asks to click teaches the wrong habit.
 */
import { UserPasswordChanged } from '@gatehouse/contracts/events/identity/user'
import { defineMail, toPersonAt } from './mail.ts'

export const passwordChanged = defineMail({
  name: 'password-changed',
  pipeline: 'security-alert',
  event: UserPasswordChanged,
  limit: { count: 20, hours: 24 },
  ...toPersonAt,
  texts: {
    en: ({ at }) => ({
      subject: 'Your password was changed',
      paragraphs: [
        `At ${at} the password of your account was replaced: by a session of yours, or with a link we had sent to ` +
          `this address. All other sessions have ended.`,
        'If it was you, all is well. If not, somebody has access to one of your devices or to your mailbox: secure ' +
          'it, then ask for a new password where you sign in.',
      ],
    }),
    de: ({ at }) => ({
      subject: 'Ihr Passwort wurde geändert',
      paragraphs: [
        `Um ${at} wurde das Passwort Ihres Kontos ersetzt: in einer Ihrer Sitzungen oder über einen Link, den wir ` +
          `an diese Adresse geschickt hatten. Alle anderen Sitzungen sind beendet.`,
        'Falls Sie das waren, ist alles in Ordnung. Falls nicht, hat jemand Zugriff auf eines Ihrer Geräte oder ' +
          'auf Ihr Postfach: Sichern Sie es und fordern Sie dann dort, wo Sie sich anmelden, ein neues Passwort an.',
      ],
    }),
  },
})
