/** Organizations and their members. */
import Type, { type Static } from 'typebox'
import { Key, MembershipId, OrganizationId, UserId } from '../../common/ids.ts'
import { DisplayName } from '../../common/display-name.ts'
import { Instant } from '../../common/scalars.ts'
import { listOf, PageQuery } from '../../common/page.ts'
import { MembershipAttributes } from '../../events/orgs/membership.ts'
import { defineRoute } from '../contract.ts'

export const Organization = Type.Object({ id: OrganizationId, name: Type.String(), slug: Key, created_at: Instant })
export type Organization = Static<typeof Organization>

export const Member = Type.Object({
  id: MembershipId,
  user: Type.Object({ id: UserId, name: Type.String(), email: Type.String() }),
  is_owner: Type.Boolean(),
  attributes: MembershipAttributes,
  joined_at: Instant,
})
export type Member = Static<typeof Member>

const orgParams = Type.Object({ org: OrganizationId })
const memberParams = Type.Object({ org: OrganizationId, user: UserId })

export const CreateOrganization = defineRoute({
  operationId: 'createOrganization',
  service: 'orgs',
  method: 'POST',
  path: '/v1/organizations',
  summary: 'Create an organization; whoever creates it owns it.',
  auth: 'user',
  idempotent: true,
  body: Type.Object({ name: DisplayName, slug: Type.Optional(Key) }),
  example: { name: 'Acme' },
  success: { status: 201, body: Organization, description: 'The organization. Refresh with its id to act for it.' },
  problems: ['conflict', 'limit_reached', 'rate_limited'],
})

export const ListMyOrganizations = defineRoute({
  operationId: 'listMyOrganizations',
  service: 'orgs',
  method: 'GET',
  path: '/v1/me/organizations',
  summary: 'The organizations one belongs to.',
  auth: 'user',
  query: Type.Object(PageQuery),
  success: { status: 200, body: listOf(Organization), description: 'The organizations.' },
})

export const GetOrganization = defineRoute({
  operationId: 'getOrganization',
  service: 'orgs',
  method: 'GET',
  path: '/v1/organizations/:org',
  summary: 'The organization of the access token.',
  auth: 'organization',
  params: orgParams,
  success: { status: 200, body: Organization, description: 'The organization.' },
})

export const UpdateOrganization = defineRoute({
  operationId: 'updateOrganization',
  service: 'orgs',
  method: 'PATCH',
  path: '/v1/organizations/:org',
  summary: 'Rename the organization.',
  auth: 'organization',
  params: orgParams,
  body: Type.Object({ name: DisplayName }),
  success: { status: 200, body: Organization, description: 'The organization, changed.' },
  problems: ['forbidden'],
})

export const ListMembers = defineRoute({
  operationId: 'listMembers',
  service: 'orgs',
  method: 'GET',
  path: '/v1/organizations/:org/members',
  summary: 'Members in the order they joined.',
  auth: 'organization',
  params: orgParams,
  query: Type.Object(PageQuery),
  success: { status: 200, body: listOf(Member), description: 'The members.' },
  problems: ['forbidden'],
})

export const UpdateMember = defineRoute({
  operationId: 'updateMember',
  service: 'orgs',
  method: 'PATCH',
  path: '/v1/organizations/:org/members/:user',
  summary: 'Replace a member’s attributes, or give or take ownership.',
  auth: 'organization',
  params: memberParams,
  body: Type.Object(
    { attributes: Type.Optional(MembershipAttributes), is_owner: Type.Optional(Type.Boolean()) },
    { minProperties: 1 },
  ),
  success: { status: 200, body: Member, description: 'The member, changed.' },
  problems: ['forbidden', 'last_owner'],
})

export const RemoveMember = defineRoute({
  operationId: 'removeMember',
  service: 'orgs',
  method: 'DELETE',
  path: '/v1/organizations/:org/members/:user',
  summary: 'Remove a member, or leave by naming oneself.',
  auth: 'organization',
  params: memberParams,
  success: { status: 204, description: 'Their access to this organization is over.' },
  problems: ['forbidden', 'last_owner'],
})

export const TransferOwnership = defineRoute({
  operationId: 'transferOwnership',
  service: 'orgs',
  method: 'POST',
  path: '/v1/organizations/:org/owner',
  summary: 'Hand one’s ownership over to another member, in one step. Only an owner does.',
  auth: 'organization',
  principals: 'people',
  params: orgParams,
  body: Type.Object({ user_id: UserId }),
  success: { status: 204, description: 'The other is an owner, oneself no longer.' },
  problems: ['forbidden', 'conflict'],
})
