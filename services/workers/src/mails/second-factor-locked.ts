/**
 * Tells a person that somebody who has their password tries codes and is being stopped.
 * Carries no link: an alarm that asks to click teaches the wrong habit.
 */
import { SignInLocked } from '@gatehouse/contracts/events/identity/sign-in'
import { defineMail, utcText, sampleTime } from './mail.ts'

export const secondFactorLocked = defineMail({
  name: 'second-factor-locked',
  pipeline: 'security-alert',
  event: SignInLocked,
  limit: { count: 5, hours: 24 },
  due: ({ user_id, step }, { time }) =>
    step === undefined || step === 'email_code' ? undefined : { user_id, happened_at: time },
  async ask({ identity }, { user_id, happened_at }) {
    const { email, locale } = await identity.getProfile(user_id)
    return { to: email, locale, values: { at: utcText(happened_at) } }
  },
  sample: { at: sampleTime },
  texts: {
    en: ({ at }) => ({
      subject: 'Somebody with your password is trying codes for your account',
      paragraphs: [
        `By ${at} many wrong codes had been presented after your right password, so we let only few more of them ` +
          `through. Devices you have signed in with before are not affected.`,
        'If it was you, wait some minutes and try again. If not, somebody else knows your password: your second ' +
          'factor has kept them out, so change the password now.',
      ],
    }),
    de: ({ at }) => ({
      subject: 'Jemand mit Ihrem Passwort probiert Codes für Ihr Konto',
      paragraphs: [
        `Bis ${at} wurden nach Ihrem richtigen Passwort viele falsche Codes eingegeben; deshalb lassen wir nur ` +
          `noch wenige weitere Versuche zu. Geräte, mit denen Sie sich schon einmal angemeldet haben, sind nicht ` +
          `betroffen.`,
        'Falls Sie es waren, warten Sie einige Minuten und versuchen Sie es erneut. Falls nicht, kennt jemand ' +
          'anderes Ihr Passwort: Ihr zweiter Faktor hat ihn aufgehalten; ändern Sie das Passwort jetzt.',
      ],
    }),
  },
})
