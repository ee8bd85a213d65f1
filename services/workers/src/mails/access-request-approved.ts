/** Tells a person that they were given the access they asked for. */
import { AccessRequestApproved } from '@gatehouse/contracts/events/orgs/access-request'
import { named, quoted } from './layout.ts'
import { defineMail } from './mail.ts'

export const accessRequestApproved = defineMail({
  name: 'access-request-approved',
  pipeline: 'mail',
  event: AccessRequestApproved,
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
      subject: `You have access to ${named(organization)}`,
      paragraphs: [
        `You were given the access to the organization “${quoted(organization)}” that you asked for. ` +
          `Sign in to use it.`,
      ],
    }),
    de: ({ organization }) => ({
      subject: `Sie haben Zugang zu ${named(organization)}`,
      paragraphs: [
        `Sie haben den Zugang zur Organisation „${quoted(organization)}“ erhalten, um den Sie gebeten hatten. ` +
          `Melden Sie sich an, um ihn zu nutzen.`,
      ],
    }),
  },
})
