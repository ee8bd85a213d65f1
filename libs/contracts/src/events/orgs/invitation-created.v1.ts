/** Somebody is invited; the mail job mints the link's secret when it sends. */
import Type, { type Static } from 'typebox'
import { InvitationId, Key, OrganizationId } from '../../common/ids.ts'

export const InvitationCreated = {
  type: 'gatehouse.orgs.invitation.created.v1',
  data: Type.Object({
    invitation_id: InvitationId,
    organization_id: OrganizationId,
    roles: Type.Array(Key),
  }),
} as const

export type InvitationCreated = Static<typeof InvitationCreated.data>
