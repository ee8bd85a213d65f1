/**
 * Tells a person that somebody tries passwords for their account and is being stopped.
 * Carries no link: an alarm that asks to click teaches the wrong habit.
 */
import { SignInLocked } from '@gatehouse/contracts/events/identity/sign-in'
import { defineMail, utcText, sampleTime } from './mail.ts'

export const signInLocked = defineMail({
  name: 'sign-in-locked',
  pipeline: 'security-alert',
  event: SignInLocked,
  limit: { count: 5, hours: 24 },
  due: ({ user_id, step }, { time }) => (step === undefined ? { user_id, happened_at: time } : undefined),
  async ask({ identity }, { user_id, happened_at }) {
    const { email, locale } = await identity.getProfile(user_id)
    return { to: email, locale, values: { at: utcText(happened_at) } }
  },
  sample: { at: sampleTime },
  texts: {
    en: ({ at }) => ({
      subject: 'Somebody is trying passwords for your account',
      paragraphs: [
        `By ${at} many wrong passwords had been presented for your account, so we let only few more of them ` +
          `through. Devices you have signed in with before are not affected.`,
        'If it was you, wait some minutes and try again. If not, there is nothing you have to do; a long password ' +
          'that you use nowhere else keeps such attempts without success.',
      ],
    }),
    de: ({ at }) => ({
      subject: 'Jemand probiert Passwörter für Ihr Konto',
      paragraphs: [
        `Bis ${at} wurden für Ihr Konto viele falsche Passwörter eingegeben; deshalb lassen wir nur noch wenige ` +
          `weitere Versuche zu. Geräte, mit denen Sie sich schon einmal angemeldet haben, sind nicht betroffen.`,
        'Falls Sie es waren, warten Sie einige Minuten und versuchen Sie es erneut. Falls nicht, müssen Sie nichts ' +
          'tun; ein langes Passwort, das Sie nirgends sonst verwenden, lässt solche Versuche scheitern.',
      ],
    }),
  },
})
