/** Send the mail that invites somebody into an organization. The link's secret is minted by orgs while sending. */
import Type from 'typebox'
import { InvitationId } from '../common/ids.ts'

export const SendInvitation = {
  name: 'send-invitation.v1',
  pipeline: 'mail',
  data: Type.Object({ invitation_id: InvitationId }),
} as const
