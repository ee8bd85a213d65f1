/** Invites somebody into an organization. */
import { layOut, quoted, type MailContent } from './layout.ts'

export const invitationMail = (o: { organizationName: string; link: string }): MailContent =>
  layOut({
    subject: `You are invited to ${quoted(o.organizationName)}`,
    paragraphs: [`You are invited to join the organization “${quoted(o.organizationName)}”.`],
    action: { label: 'Answer the invitation', href: o.link },
    closing: ['If you do not know this organization, do nothing: the invitation expires by itself.'],
  })
