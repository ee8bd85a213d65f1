/** Asks somebody to show that an address is theirs. Names nobody: whoever typed the address may not be its owner. */
import { layOut, type MailContent } from './layout.ts'

export const emailVerificationMail = (o: { link: string }): MailContent =>
  layOut({
    subject: 'Confirm your email address',
    paragraphs: ['Somebody, hopefully you, used this address to register.'],
    action: { label: 'Confirm the address', href: o.link },
    closing: ['If it was not you, do nothing: without this confirmation the account cannot be used.'],
  })
