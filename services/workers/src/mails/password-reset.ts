/** The link that sets a new password. Names nobody: who typed the address may not be its owner. */
import { PasswordResetRequested } from '@gatehouse/contracts/events/identity/password-reset'
import { ResetPasswordPage } from '@gatehouse/contracts/http/pages'
import { defineMail, sampleLink } from './mail.ts'

export const passwordReset = defineMail({
  name: 'password-reset',
  pipeline: 'mail',
  event: PasswordResetRequested,
  limit: { count: 20, hours: 1 },
  isAskedFor: true,
  due: ({ reset_id, user_id }) => ({ reset_id, user_id }),
  async ask({ identity, link }, { reset_id }) {
    const mail = await identity.mintPasswordResetLink(reset_id)
    return mail && { to: mail.to, locale: mail.locale, values: { href: link(ResetPasswordPage, mail.token) } }
  },
  sample: { href: sampleLink },
  texts: {
    en: ({ href }) => ({
      subject: 'Set a new password',
      paragraphs: ['Somebody, hopefully you, asked for a new password for the account with this address.'],
      action: { label: 'Set a new password', href },
      closing: [
        'The link works once and not for long. With the new password you are signed out everywhere.',
        'If it was not you, do nothing: your password stays as it is.',
      ],
    }),
    de: ({ href }) => ({
      subject: 'Neues Passwort festlegen',
      paragraphs: ['Jemand, hoffentlich Sie, hat für das Konto mit dieser Adresse ein neues Passwort angefordert.'],
      action: { label: 'Neues Passwort festlegen', href },
      closing: [
        'Der Link gilt einmal und nur kurze Zeit. Mit dem neuen Passwort werden Sie überall abgemeldet.',
        'Falls Sie das nicht waren, tun Sie nichts: Ihr Passwort bleibt, wie es ist.',
      ],
    }),
  },
})
