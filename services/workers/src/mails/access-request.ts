/**
 * Tells each owner that somebody asks for access. Carries no link: signing in is the way, and whoever may decides
 * there.
 */
import { AccessRequestCreated } from '@gatehouse/contracts/events/orgs/access-request'
import { named, quoted } from './layout.ts'
import { defineMail } from './mail.ts'

type About = { user_id: string; organization_id: string }

export const accessRequest = defineMail<typeof AccessRequestCreated, About, { organization: string }>({
  name: 'access-request',
  pipeline: 'mail',
  event: AccessRequestCreated,
  limit: { count: 20, hours: 24 },
  due: ({ organization_id, owners }) => owners.map((user_id) => ({ user_id, organization_id })),
  async ask({ identity, orgs }, { user_id, organization_id }) {
    const brand = await orgs.brandOf(organization_id)
    if (brand === null) return null
    const { email, locale } = await identity.getProfile(user_id)
    return { to: email, locale, brand, values: { organization: brand.name } }
  },
  sample: { organization: 'Example' },
  texts: {
    en: ({ organization }) => ({
      subject: `Somebody asks for access to ${named(organization)}`,
      paragraphs: [
        `Somebody asks for access to the organization “${quoted(organization)}”. Sign in to see who it is and what ` +
          `they ask for, and to decide.`,
        'If nobody decides, the request expires by itself and gives nothing.',
      ],
    }),
    de: ({ organization }) => ({
      subject: `Anfrage nach Zugang zu ${named(organization)}`,
      paragraphs: [
        `Jemand bittet um Zugang zur Organisation „${quoted(organization)}“. Melden Sie sich an, um zu sehen, wer ` +
          `es ist und worum es geht, und um zu entscheiden.`,
        'Entscheidet niemand, verfällt die Anfrage von selbst und gibt nichts.',
      ],
    }),
  },
})
