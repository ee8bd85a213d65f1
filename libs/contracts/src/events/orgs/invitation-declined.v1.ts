/** The invited person said no. */
import Type, { type Static } from 'typebox'
import { InvitationId, OrganizationId } from '../../common/ids.ts'

export const InvitationDeclined = {
  type: 'gatehouse.orgs.invitation.declined.v1',
  data: Type.Object({
    invitation_id: InvitationId,
    organization_id: OrganizationId,
  }),
} as const

export type InvitationDeclined = Static<typeof InvitationDeclined.data>
