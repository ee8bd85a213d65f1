/** Invitations: one mail, one acceptance. */
import Type, { type Static } from 'typebox'
import { InvitationId, Key, MembershipId, OrganizationId, UserId } from '../../common/ids.ts'
import { DisplayName } from '../../common/display-name.ts'
import { EmailAddress } from '../../common/email-address.ts'
import { Instant, OpaqueSecret, Password } from '../../common/scalars.ts'
import { listOf, PageQuery } from '../../common/page.ts'
import { defineRoute } from '../contract.ts'

const InvitationStatus = Type.Union([
  Type.Literal('pending'),
  Type.Literal('accepted'),
  Type.Literal('declined'),
  Type.Literal('revoked'),
  Type.Literal('expired'),
])

export const Invitation = Type.Object({
  id: InvitationId,
  email: Type.String(),
  roles: Type.Array(Key),
  status: InvitationStatus,
  created_at: Instant,
  expires_at: Instant,
})
export type Invitation = Static<typeof Invitation>

const orgParams = Type.Object({ org: OrganizationId })

const Roles = Type.Array(Key, { minItems: 1, maxItems: 20, uniqueItems: true })
const ExpiresInDays = Type.Integer({ minimum: 1, maximum: 30, default: 7 })

export const CreateInvitation = defineRoute({
  operationId: 'createInvitation',
  service: 'orgs',
  method: 'POST',
  path: '/v1/organizations/:org/invitations',
  summary: 'Invite an address with roles; nobody gives what they do not hold.',
  auth: 'organization',
  // Checked again at acceptance against the rights of the person who sent it.
  principals: 'people',
  idempotent: true,
  params: orgParams,
  body: Type.Object({ email: EmailAddress, roles: Roles, expires_in_days: Type.Optional(ExpiresInDays) }),
  example: { email: 'ben@example.com', roles: ['member'] },
  success: { status: 201, body: Invitation, description: 'The invitation; its mail is on the way.' },
  problems: ['forbidden', 'already_member', 'conflict', 'rate_limited'],
})

export const ListInvitations = defineRoute({
  operationId: 'listInvitations',
  service: 'orgs',
  method: 'GET',
  path: '/v1/organizations/:org/invitations',
  summary: 'Invitations, newest first: all, or those with a status, or whose address contains `search`.',
  auth: 'organization',
  params: orgParams,
  query: Type.Object({
    ...PageQuery,
    status: Type.Optional(InvitationStatus),
    search: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  }),
  success: { status: 200, body: listOf(Invitation), description: 'The invitations.' },
  problems: ['forbidden'],
})

/** Why one of many was not made, by the code its own request would have been answered with. */
const InvitationRefusal = Type.Union([
  Type.Literal('already_member'),
  Type.Literal('conflict'),
  Type.Literal('forbidden'),
  Type.Literal('rate_limited'),
  Type.Literal('validation_failed'),
])

export const InvitationResult = Type.Object({
  email: Type.String(),
  /** Null: it was not made, and `code` says why. */
  invitation: Type.Union([Invitation, Type.Null()]),
  code: Type.Union([InvitationRefusal, Type.Null()]),
})
export type InvitationResult = Static<typeof InvitationResult>

export const CreateInvitations = defineRoute({
  operationId: 'createInvitations',
  service: 'orgs',
  method: 'POST',
  path: '/v1/organizations/:org/invitation-batches',
  summary:
    'Invite up to 50 addresses at once. Each is answered by itself; ' +
    'those that are made are made together or not at all.',
  auth: 'organization',
  principals: 'people',
  idempotent: true,
  params: orgParams,
  body: Type.Object({
    invitations: Type.Array(Type.Object({ email: EmailAddress, roles: Roles }), { minItems: 1, maxItems: 50 }),
    expires_in_days: Type.Optional(ExpiresInDays),
  }),
  example: { invitations: [{ email: 'ben@example.com', roles: ['member'] }] },
  success: {
    status: 200,
    body: Type.Object({ data: Type.Array(InvitationResult) }),
    description: 'What became of each, in the order given.',
  },
  problems: ['forbidden'],
})

export const ResendInvitation = defineRoute({
  operationId: 'resendInvitation',
  service: 'orgs',
  method: 'POST',
  path: '/v1/organizations/:org/invitations/:invitation/resend',
  summary:
    'Send a pending invitation again, with as long a life as before; earlier links are void. ' +
    'Who resends it is who invites.',
  auth: 'organization',
  principals: 'people',
  params: Type.Object({ org: OrganizationId, invitation: InvitationId }),
  success: { status: 200, body: Invitation, description: 'The invitation; its mail is on the way.' },
  problems: ['forbidden', 'conflict', 'rate_limited'],
})

export const RevokeInvitation = defineRoute({
  operationId: 'revokeInvitation',
  service: 'orgs',
  method: 'DELETE',
  path: '/v1/organizations/:org/invitations/:invitation',
  summary: 'Take a pending invitation back.',
  auth: 'organization',
  params: Type.Object({ org: OrganizationId, invitation: InvitationId }),
  success: { status: 204, description: 'Its link is worthless now.' },
  problems: ['forbidden', 'conflict'],
})

export const AcceptInvitation = defineRoute({
  operationId: 'acceptInvitation',
  service: 'orgs',
  method: 'POST',
  path: '/v1/invitations/accept',
  summary: 'Accept: with a bearer whose verified address was invited, or as a new person with name and password.',
  auth: 'open',
  limit: 'invitation',
  body: Type.Union([
    Type.Object({ token: OpaqueSecret }),
    Type.Object({ token: OpaqueSecret, name: DisplayName, password: Password }),
  ]),
  success: {
    status: 200,
    body: Type.Object({
      user: Type.Object({ id: UserId }),
      organization: Type.Object({ id: OrganizationId, name: Type.String() }),
      membership: Type.Object({ id: MembershipId, is_owner: Type.Boolean() }),
    }),
    description: 'Who now belongs where. Sign in, or refresh with the organization’s id.',
  },
  problems: ['invalid_token', 'weak_password', 'conflict', 'unauthenticated'],
})

export const DeclineInvitation = defineRoute({
  operationId: 'declineInvitation',
  service: 'orgs',
  method: 'POST',
  path: '/v1/invitations/decline',
  summary: 'Decline: the link is worthless afterwards.',
  auth: 'open',
  limit: 'invitation',
  body: Type.Object({ token: OpaqueSecret }),
  success: { status: 204, description: 'Declined.' },
  problems: ['invalid_token'],
})

export const MintInvitationLink = defineRoute({
  operationId: 'mintInvitationLink',
  service: 'orgs',
  method: 'POST',
  path: '/internal/invitations/:invitation/link',
  summary:
    'Mint the secret of one invitation mail; earlier secrets stay valid until one is used or the ' +
    'invitation is sent again. ' +
    '`null`: nothing to send any more.',
  auth: 'internal',
  callers: ['workers'],
  retryable: true,
  params: Type.Object({ invitation: InvitationId }),
  success: {
    status: 200,
    body: Type.Object({
      mail: Type.Union([
        Type.Object({ to: Type.String(), organization_name: Type.String(), token: Type.String() }),
        Type.Null(),
      ]),
    }),
    description: 'Where to send it and the secret to put into the link.',
  },
})
