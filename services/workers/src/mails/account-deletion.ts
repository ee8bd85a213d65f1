/**
 * Tells a person that they are going to be erased, and until when they can change their mind. Carries no link: signing
 * in is the way.
 */
import { UserDeletionRequested } from '@gatehouse/contracts/events/identity/user'
import { defineMail, utcText, sampleTime } from './mail.ts'

export const accountDeletion = defineMail({
  name: 'account-deletion',
  pipeline: 'security-alert',
  event: UserDeletionRequested,
  limit: { count: 10, hours: 24 },
  due: ({ user_id, due_at }) => ({ user_id, due_at }),
  async ask({ identity }, { user_id, due_at }) {
    const { email, locale } = await identity.getProfile(user_id)
    return { to: email, locale, values: { due: utcText(due_at) } }
  },
  sample: { due: sampleTime },
  texts: {
    en: ({ due }) => ({
      subject: 'Your account will be deleted',
      paragraphs: [
        `A session of yours asked for your account to be deleted. At ${due} your name, your address and everything ` +
          `you sign in with will be erased, for good.`,
        'Until then everything works as before. To keep the account, sign in and take the deletion back. If it was ' +
          'not you who asked, do so now, change your password and end your other sessions.',
      ],
    }),
    de: ({ due }) => ({
      subject: 'Ihr Konto wird gelöscht',
      paragraphs: [
        `In einer Ihrer Sitzungen wurde verlangt, Ihr Konto zu löschen. Um ${due} werden Ihr Name, Ihre Adresse ` +
          `und alles, womit Sie sich anmelden, endgültig gelöscht.`,
        'Bis dahin funktioniert alles wie bisher. Um das Konto zu behalten, melden Sie sich an und nehmen die ' +
          'Löschung zurück. Falls Sie es nicht waren, tun Sie das jetzt, ändern Sie Ihr Passwort und beenden Sie ' +
          'Ihre anderen Sitzungen.',
      ],
    }),
  },
})
