/** Tells the mailbox a person had that their account has another address now, and lets its reader take that back. */
import { UserEmailChanged } from '@gatehouse/contracts/events/identity/user'
import { UndoAddressPage } from '@gatehouse/contracts/http/pages'
import { defineMail, sampleLink } from './mail.ts'

export const addressChanged = defineMail({
  name: 'address-changed',
  pipeline: 'security-alert',
  event: UserEmailChanged,
  limit: { count: 20, hours: 24 },
  due: ({ change_id, user_id, via }) => (via === 'confirmation' ? { change_id, user_id } : undefined),
  async ask({ identity, link }, { change_id }) {
    const mail = await identity.mintAddressLink(change_id, 'undo')
    return mail && { to: mail.to, locale: mail.locale, values: { href: link(UndoAddressPage, mail.token) } }
  },
  sample: { href: sampleLink },
  texts: {
    en: ({ href }) => ({
      subject: 'Your email address was changed',
      paragraphs: [
        'Your account has another email address from now on. Mails about it no longer go to this one.',
        'If it was you, do nothing. If not, somebody has access to your account: take the change back within the ' +
          'next days. It signs everybody out, and we send you a link for a new password.',
      ],
      action: { label: 'That was not me: take it back', href },
    }),
    de: ({ href }) => ({
      subject: 'Ihre E-Mail-Adresse wurde geändert',
      paragraphs: [
        'Ihr Konto hat ab jetzt eine andere E-Mail-Adresse. Nachrichten dazu gehen nicht mehr an diese.',
        'Falls Sie das waren, tun Sie nichts. Falls nicht, hat jemand Zugriff auf Ihr Konto: Machen Sie die ' +
          'Änderung in den nächsten Tagen rückgängig. Damit werden alle abgemeldet, und wir schicken Ihnen einen ' +
          'Link für ein neues Passwort.',
      ],
      action: { label: 'Das war ich nicht: rückgängig machen', href },
    }),
  },
})
