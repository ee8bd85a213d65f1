/** An invitation was used, once. */
import Type, { type Static } from 'typebox'
import { InvitationId, OrganizationId, UserId } from '../../common/ids.ts'

export const InvitationAccepted = {
  type: 'gatehouse.orgs.invitation.accepted.v1',
  data: Type.Object({
    invitation_id: InvitationId,
    organization_id: OrganizationId,
    user_id: UserId,
  }),
} as const

export type InvitationAccepted = Static<typeof InvitationAccepted.data>
