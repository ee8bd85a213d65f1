/**
 * Tells a person that they were not given the access they asked for. Why, they read signed in: the words are of a
 * stranger.
 */
import { AccessRequestDenied } from '@gatehouse/contracts/events/orgs/access-request'
import { named, quoted } from './layout.ts'
import { defineMail } from './mail.ts'

export const accessRequestDenied = defineMail({
  name: 'access-request-denied',
  pipeline: 'mail',
  event: AccessRequestDenied,
  limit: { count: 20, hours: 24 },
  due: ({ user_id, organization_id }) => ({ user_id, organization_id }),
  async ask({ identity, orgs }, { user_id, organization_id }) {
    const brand = await orgs.brandOf(organization_id)
    if (brand === null) return null
    const { email, locale } = await identity.getProfile(user_id)
    return { to: email, locale, brand, values: { organization: brand.name } }
  },
  sample: { organization: 'Example' },
  texts: {
    en: ({ organization }) => ({
      subject: `Your request for access to ${named(organization)}`,
      paragraphs: [
        `You were not given the access to the organization “${quoted(organization)}” that you asked for. Sign in ` +
          `to read why.`,
      ],
    }),
    de: ({ organization }) => ({
      subject: `Ihre Anfrage nach Zugang zu ${named(organization)}`,
      paragraphs: [
        `Sie haben den Zugang zur Organisation „${quoted(organization)}“, um den Sie gebeten hatten, nicht ` +
          `erhalten. Den Grund lesen Sie, wenn Sie sich anmelden.`,
      ],
    }),
  },
})
