/** Invitations to an organization. */
import Type, { type Static } from 'typebox'
import { InvitationId, Key, OrganizationId, UserId } from '../../common/ids.ts'
import type { EventContract } from '../envelope.ts'

/** Somebody is invited; the mail job mints the link's secret when it sends. */
export const InvitationCreated = {
  type: 'gatehouse.orgs.invitation.created.v1',
  data: Type.Object({
    invitation_id: InvitationId,
    organization_id: OrganizationId,
    roles: Type.Array(Key),
  }),
} as const

export type InvitationCreated = Static<typeof InvitationCreated.data>

/** A pending invitation is sent again: links of before are void, and the mail job mints the secret of the new one. */
export const InvitationResent = {
  type: 'gatehouse.orgs.invitation.resent.v1',
  data: InvitationCreated.data,
} as const

/** An invitation was used, once. */
export const InvitationAccepted = {
  type: 'gatehouse.orgs.invitation.accepted.v1',
  data: Type.Object({
    invitation_id: InvitationId,
    organization_id: OrganizationId,
    user_id: UserId,
  }),
} as const

export type InvitationAccepted = Static<typeof InvitationAccepted.data>

/** The invited person said no. */
export const InvitationDeclined = {
  type: 'gatehouse.orgs.invitation.declined.v1',
  data: Type.Object({
    invitation_id: InvitationId,
    organization_id: OrganizationId,
  }),
} as const

export type InvitationDeclined = Static<typeof InvitationDeclined.data>

/** The organization took an invitation back. */
export const InvitationRevoked = {
  type: 'gatehouse.orgs.invitation.revoked.v1',
  data: Type.Object({
    invitation_id: InvitationId,
    organization_id: OrganizationId,
  }),
} as const

export type InvitationRevoked = Static<typeof InvitationRevoked.data>

export const invitationEvents: readonly EventContract[] = [
  InvitationCreated,
  InvitationResent,
  InvitationAccepted,
  InvitationDeclined,
  InvitationRevoked,
]
