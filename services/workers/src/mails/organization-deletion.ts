/**
 * Tells each owner of an organization that it is going to be deleted, and until when it can be restored. Carries no
 * link: signing in is the way.
 */
import { OrganizationUpdated } from '@gatehouse/contracts/events/orgs/organization'
import { named, quoted } from './layout.ts'
import { defineMail, utcText, sampleTime } from './mail.ts'

type About = { user_id: string; organization_id: string; due_at: string }

export const organizationDeletion = defineMail<
  typeof OrganizationUpdated,
  About,
  { organization: string; due: string }
>({
  name: 'organization-deletion',
  pipeline: 'security-alert',
  event: OrganizationUpdated,
  limit: { count: 10, hours: 24 },
  due: ({ organization_id, deletion_due_at, owners = [] }) =>
    typeof deletion_due_at === 'string'
      ? owners.map((user_id) => ({ user_id, organization_id, due_at: deletion_due_at }))
      : undefined,
  async ask({ identity, orgs }, { user_id, organization_id, due_at }) {
    const brand = await orgs.brandOf(organization_id)
    if (brand === null) return null
    const { email, locale } = await identity.getProfile(user_id)
    return { to: email, locale, brand, values: { organization: brand.name, due: utcText(due_at) } }
  },
  sample: { organization: 'Example', due: sampleTime },
  texts: {
    en: ({ organization, due }) => ({
      subject: `${named(organization)} will be deleted`,
      paragraphs: [
        `An owner asked for the organization “${quoted(organization)}” to be deleted. Nobody acts for it any more, ` +
          `and at ${due} everything in it will be deleted, for good.`,
        'Until then you can restore it: sign in and take the deletion back.',
      ],
    }),
    de: ({ organization, due }) => ({
      subject: `${named(organization)} wird gelöscht`,
      paragraphs: [
        `Eine Person, der die Organisation „${quoted(organization)}“ gehört, hat verlangt, sie zu löschen. Niemand ` +
          `handelt mehr für sie, und um ${due} wird alles darin endgültig gelöscht.`,
        'Bis dahin können Sie sie wiederherstellen: Melden Sie sich an und nehmen Sie die Löschung zurück.',
      ],
    }),
  },
})
