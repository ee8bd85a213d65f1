/** Asks somebody to show that an address is theirs. Names nobody: who typed the address may not be its owner. */
import { EmailVerificationRequested } from '@gatehouse/contracts/events/identity/email-verification'
import { VerifyEmailPage } from '@gatehouse/contracts/http/pages'
import { defineMail, sampleLink } from './mail.ts'

export const emailVerification = defineMail({
  name: 'email-verification',
  pipeline: 'mail',
  event: EmailVerificationRequested,
  limit: { count: 10, hours: 1 },
  isAskedFor: true,
  due: ({ verification_id, user_id }) => ({ verification_id, user_id }),
  async ask({ identity, link }, { verification_id }) {
    const mail = await identity.mintEmailVerificationLink(verification_id)
    return mail && { to: mail.to, locale: mail.locale, values: { href: link(VerifyEmailPage, mail.token) } }
  },
  sample: { href: sampleLink },
  texts: {
    en: ({ href }) => ({
      subject: 'Confirm your email address',
      paragraphs: ['Somebody, hopefully you, used this address to register.'],
      action: { label: 'Confirm the address', href },
      closing: ['If it was not you, do nothing: without this confirmation the account cannot be used.'],
    }),
    de: ({ href }) => ({
      subject: 'Bestätigen Sie Ihre E-Mail-Adresse',
      paragraphs: ['Jemand, hoffentlich Sie, hat sich mit dieser Adresse registriert.'],
      action: { label: 'Adresse bestätigen', href },
      closing: ['Falls Sie das nicht waren, tun Sie nichts: Ohne diese Bestätigung ist das Konto nicht nutzbar.'],
    }),
  },
})
