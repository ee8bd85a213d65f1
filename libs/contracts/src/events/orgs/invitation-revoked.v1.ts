/** The organization took an invitation back. */
import Type, { type Static } from 'typebox'
import { InvitationId, OrganizationId } from '../../common/ids.ts'

export const InvitationRevoked = {
  type: 'gatehouse.orgs.invitation.revoked.v1',
  data: Type.Object({
    invitation_id: InvitationId,
    organization_id: OrganizationId,
  }),
} as const

export type InvitationRevoked = Static<typeof InvitationRevoked.data>
