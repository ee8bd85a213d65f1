/**
 * Invites an address into an organization. The organization's name was chosen by a stranger, so it passes `named` and
 * `quoted`.
 */
import { InvitationCreated } from '@gatehouse/contracts/events/orgs/invitation'
import { InvitationPage } from '@gatehouse/contracts/http/pages'
import { named, quoted } from './layout.ts'
import { defineMail, type MailSources, sampleLink } from './mail.ts'

type About = { invitation_id: string; organization_id: string }
type Values = { organization: string; href: string }

/** Also of an invitation that is sent again. */
export const invitationMail = {
  pipeline: 'mail',
  // Over all organizations: nobody is flooded by several of them at once.
  limit: { count: 10, hours: 24 },
  due: ({ invitation_id, organization_id }: About) => ({ invitation_id, organization_id }),
  async ask({ orgs, link }: MailSources, { invitation_id, organization_id }: About) {
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
    en: ({ organization, href }: Values) => ({
      subject: `You are invited to ${named(organization)}`,
      paragraphs: [`You are invited to join the organization “${quoted(organization)}”.`],
      action: { label: 'Answer the invitation', href },
      closing: ['If you do not know this organization, do nothing: the invitation expires by itself.'],
    }),
    de: ({ organization, href }: Values) => ({
      subject: `Einladung zu ${named(organization)}`,
      paragraphs: [`Sie sind eingeladen, der Organisation „${quoted(organization)}“ beizutreten.`],
      action: { label: 'Einladung beantworten', href },
      closing: ['Falls Sie diese Organisation nicht kennen, tun Sie nichts: Die Einladung verfällt von selbst.'],
    }),
  },
} as const

export const invitation = defineMail({ ...invitationMail, name: 'invitation', event: InvitationCreated })
