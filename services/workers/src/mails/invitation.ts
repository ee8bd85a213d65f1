/**
 * Invites an address into an organization. The organization's name was chosen by a stranger, so it passes `named` and
 * `quoted`.
 */
import { InvitationCreated } from '@gatehouse/contracts/events/orgs/invitation'
import { InvitationPage } from '@gatehouse/contracts/http/pages'
import { named, quoted } from './layout.ts'
import { defineMail, sampleLink } from './mail.ts'

export const invitation = defineMail({
  name: 'invitation',
  pipeline: 'mail',
  event: InvitationCreated,
  // Over all organizations: nobody is flooded by several of them at once.
  limit: { count: 10, hours: 24 },
  due: ({ invitation_id, organization_id }) => ({ invitation_id, organization_id }),
  async ask({ orgs, link }, { invitation_id, organization_id }) {
    const mail = await orgs.mintInvitationLink(invitation_id)
    if (mail === null) return null
    const brand = await orgs.brandOf(organization_id)
    if (brand === null) return null
    const values = { organization: mail.organization_name, href: link(InvitationPage, mail.token) }
    // No logo: fetching it would tell a stranger's organization that, when and where the mail was opened.
    return { to: mail.to, brand: { ...brand, logo_url: null }, values }
  },
  sample: { organization: 'Example', href: sampleLink },
  texts: {
    en: ({ organization, href }) => ({
      subject: `You are invited to ${named(organization)}`,
      paragraphs: [`You are invited to join the organization “${quoted(organization)}”.`],
      action: { label: 'Answer the invitation', href },
      closing: ['If you do not know this organization, do nothing: the invitation expires by itself.'],
    }),
    de: ({ organization, href }) => ({
      subject: `Einladung zu ${named(organization)}`,
      paragraphs: [`Sie sind eingeladen, der Organisation „${quoted(organization)}“ beizutreten.`],
      action: { label: 'Einladung beantworten', href },
      closing: ['Falls Sie diese Organisation nicht kennen, tun Sie nichts: Die Einladung verfällt von selbst.'],
    }),
  },
})
