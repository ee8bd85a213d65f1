/**
 * Asks somebody to show that the address a person wants is theirs. Names nobody: who typed the address may not be its
 * owner.
 */
import { AddressChangeRequested } from '@gatehouse/contracts/events/identity/address-change'
import { ConfirmAddressPage } from '@gatehouse/contracts/http/pages'
import { defineMail, sampleLink } from './mail.ts'

export const addressChange = defineMail({
  name: 'address-change',
  pipeline: 'mail',
  event: AddressChangeRequested,
  limit: { count: 10, hours: 1 },
  isAskedFor: true,
  due: ({ change_id, user_id }) => ({ change_id, user_id }),
  async ask({ identity, link }, { change_id }) {
    const mail = await identity.mintAddressLink(change_id, 'confirm')
    return mail && { to: mail.to, locale: mail.locale, values: { href: link(ConfirmAddressPage, mail.token) } }
  },
  sample: { href: sampleLink },
  texts: {
    en: ({ href }) => ({
      subject: 'Confirm your new email address',
      paragraphs: ['Somebody, hopefully you, wants to use this address for their account.'],
      action: { label: 'Use this address', href },
      closing: ['If it was not you, do nothing: without this confirmation nothing changes.'],
    }),
    de: ({ href }) => ({
      subject: 'Bestätigen Sie Ihre neue E-Mail-Adresse',
      paragraphs: ['Jemand, hoffentlich Sie, möchte diese Adresse für sein Konto verwenden.'],
      action: { label: 'Diese Adresse verwenden', href },
      closing: ['Falls Sie das nicht waren, tun Sie nichts: Ohne diese Bestätigung ändert sich nichts.'],
    }),
  },
})
