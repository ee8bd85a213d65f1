/**
 * Tells a person that the right password was presented while guessing was being stopped: either they were in a hurry,
 * or somebody has found it. Carries no link: an alarm that asks to click teaches the wrong habit.
 */
import { SignInRefusedWhileLocked } from '@gatehouse/contracts/events/identity/sign-in'
import { defineMail, toPersonAt } from './mail.ts'

export const signInRefusedWhileLocked = defineMail({
  name: 'sign-in-refused-while-locked',
  pipeline: 'security-alert',
  event: SignInRefusedWhileLocked,
  limit: { count: 3, hours: 24 },
  ...toPersonAt,
  texts: {
    en: ({ at }) => ({
      subject: 'We refused a sign-in with your password',
      paragraphs: [
        `At ${at} your password was presented after many wrong ones, and we refused it because we could not tell ` +
          `whether it was you.`,
        'If it was you, wait some minutes and try again, or use a device you have signed in with before. If not, ' +
          'somebody knows your password: change it now, here and wherever else you use it.',
      ],
    }),
    de: ({ at }) => ({
      subject: 'Wir haben eine Anmeldung mit Ihrem Passwort abgelehnt',
      paragraphs: [
        `Um ${at} wurde nach vielen falschen Passwörtern das richtige eingegeben; wir haben es abgelehnt, weil wir ` +
          `nicht wissen konnten, ob Sie es waren.`,
        'Falls Sie es waren, warten Sie einige Minuten und versuchen Sie es erneut, oder verwenden Sie ein Gerät, ' +
          'mit dem Sie sich schon einmal angemeldet haben. Falls nicht, kennt jemand Ihr Passwort: Ändern Sie es ' +
          'jetzt, hier und überall sonst, wo Sie es verwenden.',
      ],
    }),
  },
})
