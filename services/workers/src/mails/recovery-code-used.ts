/**
 * Tells a person that a recovery code of theirs signed in, and how many are left. Carries no link: an alarm that asks
 * to click teaches the wrong habit.
 */
import { RecoveryCodeUsed } from '@gatehouse/contracts/events/identity/factors'
import { defineMail, utcText, sampleTime } from './mail.ts'

/** From here on the person is asked to make new ones. */
const few = 3

export const recoveryCodeUsed = defineMail({
  name: 'recovery-code-used',
  pipeline: 'security-alert',
  event: RecoveryCodeUsed,
  limit: { count: 20, hours: 24 },
  due: ({ user_id, left }, { time }) => ({ user_id, left: String(left), happened_at: time }),
  async ask({ identity }, { user_id, left, happened_at }) {
    const { email, locale } = await identity.getProfile(user_id)
    const at = utcText(happened_at)
    return { to: email, locale, values: { at, left: Number(left) } }
  },
  sample: { at: sampleTime, left: 2 },
  texts: {
    en: ({ at, left }) => ({
      subject: 'A recovery code was used for your account',
      paragraphs: [
        `At ${at} one of your recovery codes took the place of your second factor. You have ${left} left.`,
        ...(left <= few ? ['Make new ones soon, so that you are not locked out when you lose your device.'] : []),
        'If it was not you, somebody knows your password and your codes: change your password, make new codes and ' +
          'end your other sessions.',
      ],
    }),
    de: ({ at, left }) => ({
      subject: 'Für Ihr Konto wurde ein Wiederherstellungscode verwendet',
      paragraphs: [
        `Um ${at} ersetzte einer Ihrer Wiederherstellungscodes den zweiten Faktor. Es sind noch ${left} übrig.`,
        ...(left <= few
          ? ['Erstellen Sie bald neue, damit Sie nicht ausgesperrt sind, wenn Sie Ihr Gerät verlieren.']
          : []),
        'Falls Sie es nicht waren, kennt jemand Ihr Passwort und Ihre Codes: Ändern Sie Ihr Passwort, erstellen ' +
          'Sie neue Codes und beenden Sie Ihre anderen Sitzungen.',
      ],
    }),
  },
})
