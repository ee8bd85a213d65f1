/** Organizations and their members. */
import Type, { type Static } from 'typebox'
import { Key, MembershipId, OrganizationId, UserId } from '../../common/ids.ts'
import { DisplayName } from '../../common/display-name.ts'
import { Instant, PictureUrl, Reason } from '../../common/scalars.ts'
import { listOf, PageQuery } from '../../common/page.ts'
import { MembershipAttributes } from '../../events/orgs/membership.ts'
import { defineRoute } from '../contract.ts'

const Color = Type.String({ pattern: '^#[0-9a-fA-F]{6}$', maxLength: 7 })
/**
 * What pages of applications draw the organization with. Text is readable on the background: a contrast of 4.5 (WCAG
 * 2.2 SC 1.4.3).
 */
export const OrganizationColors = Type.Object({ background: Color, text: Color })
export type OrganizationColors = Static<typeof OrganizationColors>

export const Organization = Type.Object({
  id: OrganizationId,
  name: Type.String(),
  slug: Key,
  logo_url: Type.Union([PictureUrl, Type.Null()]),
  colors: Type.Union([OrganizationColors, Type.Null()]),
  created_at: Instant,
  /** When it is deleted unless an owner restores it. */
  deletion_due_at: Type.Union([Instant, Type.Null()]),
})
export type Organization = Static<typeof Organization>

/** What others recognize an organization by. */
export const OrganizationBrand = Type.Object({
  name: Type.String(),
  logo_url: Type.Union([PictureUrl, Type.Null()]),
  colors: Type.Union([OrganizationColors, Type.Null()]),
})
export type OrganizationBrand = Static<typeof OrganizationBrand>

/** `suspended`: still a member, who does not act for the organization. */
const MemberStatus = Type.Union([Type.Literal('active'), Type.Literal('suspended')])

export const Member = Type.Object({
  id: MembershipId,
  user: Type.Object({ id: UserId, name: Type.String(), email: Type.String() }),
  is_owner: Type.Boolean(),
  status: MemberStatus,
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
  summary: 'The organizations one belongs to; with `status=deleting` those one owns that wait for their deletion.',
  auth: 'user',
  query: Type.Object({
    ...PageQuery,
    status: Type.Optional(Type.Union([Type.Literal('active'), Type.Literal('deleting')])),
  }),
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
  success: { status: 200, body: Organization, description: 'The organization, with its `ETag`.' },
})

export const UpdateOrganization = defineRoute({
  operationId: 'updateOrganization',
  service: 'orgs',
  method: 'PATCH',
  path: '/v1/organizations/:org',
  summary: 'Change name, slug, logo or colours; `If-Match` guards against lost updates.',
  auth: 'organization',
  params: orgParams,
  body: Type.Object(
    {
      name: Type.Optional(DisplayName),
      slug: Type.Optional(Key),
      logo_url: Type.Optional(Type.Union([PictureUrl, Type.Null()])),
      colors: Type.Optional(Type.Union([OrganizationColors, Type.Null()])),
    },
    { minProperties: 1 },
  ),
  example: { name: 'Acme', colors: { background: '#ffffff', text: '#1f2933' } },
  success: { status: 200, body: Organization, description: 'The organization, changed, with its `ETag`.' },
  problems: ['forbidden', 'conflict', 'precondition_failed'],
})

export const DeleteOrganization = defineRoute({
  operationId: 'deleteOrganization',
  service: 'orgs',
  method: 'DELETE',
  path: '/v1/organizations/:org',
  summary:
    'Delete the organization once a grace is over; `slug` confirms which. Nobody acts for it from now on. An ' +
    'owner does it, who has signed in just now.',
  auth: 'organization',
  principals: 'people',
  params: orgParams,
  query: Type.Object({ slug: Key }),
  success: {
    status: 202,
    body: Type.Object({ deletion_due_at: Instant }),
    description: 'Its access tokens and API keys are void. Until then an owner can restore it.',
  },
  problems: ['forbidden', 'conflict', 'insufficient_user_authentication'],
})

export const RestoreOwnOrganization = defineRoute({
  operationId: 'restoreOwnOrganization',
  service: 'orgs',
  method: 'POST',
  path: '/v1/organizations/:organization/restore',
  summary: 'Take the deletion of an organization back that one owns, before its grace is over.',
  auth: 'user',
  params: Type.Object({ organization: OrganizationId }),
  success: { status: 200, body: Organization, description: 'The organization. Refresh with its id to act for it.' },
})

const memberFilter = {
  status: Type.Optional(MemberStatus),
  is_owner: Type.Optional(Type.Boolean()),
  role: Type.Optional(Key),
  /** An app for codes, or a passkey. */
  second_factor: Type.Optional(Type.Union([Type.Literal('present'), Type.Literal('missing')])),
}

export const ListMembers = defineRoute({
  operationId: 'listMembers',
  service: 'orgs',
  method: 'GET',
  path: '/v1/organizations/:org/members',
  summary:
    'Members in the order they joined or the newest first; `search` is part of a name or address, `role` the key of ' +
    'a role they hold, by themselves, by groups or as owners; `second_factor`, whether they have set one up, takes ' +
    'the right to read the settings. A page of those three may hold less than `limit`, or nothing, and still say ' +
    'that there is more.',
  auth: 'organization',
  params: orgParams,
  query: Type.Object({
    ...PageQuery,
    search: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    ...memberFilter,
    sort: Type.Optional(Type.Union([Type.Literal('joined_at'), Type.Literal('-joined_at')])),
  }),
  success: { status: 200, body: listOf(Member), description: 'The members.' },
  problems: ['forbidden'],
})

export const CountMembers = defineRoute({
  operationId: 'countMembers',
  service: 'orgs',
  method: 'GET',
  path: '/v1/organizations/:org/members/count',
  summary:
    'How many members there are, with the filters of the list and the rights they take: how many a rule would stop ' +
    'is asked with `second_factor=missing`, and `role` for the rule of a role.',
  auth: 'organization',
  params: orgParams,
  query: Type.Object(memberFilter),
  success: {
    status: 200,
    body: Type.Object({
      count: Type.Integer(),
      /** False: the 5,000 members who joined first were counted, and there may be more. */
      is_complete: Type.Boolean(),
    }),
    description: 'The count.',
  },
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
  problems: ['forbidden', 'conflict', 'last_owner'],
})

export const SuspendMember = defineRoute({
  operationId: 'suspendMember',
  service: 'orgs',
  method: 'POST',
  path: '/v1/organizations/:org/members/:user/suspend',
  summary:
    'Suspend a member: their access to this organization ends at once, roles and attributes are kept. ' +
    'Nobody suspends an owner or oneself.',
  auth: 'organization',
  params: memberParams,
  body: Type.Object({ reason: Reason }),
  example: { reason: 'On leave' },
  success: { status: 204, description: 'Their access tokens for this organization are void.' },
  problems: ['forbidden', 'conflict'],
})

export const ReactivateMember = defineRoute({
  operationId: 'reactivateMember',
  service: 'orgs',
  method: 'POST',
  path: '/v1/organizations/:org/members/:user/reactivate',
  summary: 'Let a suspended member act for the organization again, with the roles they had.',
  auth: 'organization',
  params: memberParams,
  success: { status: 204, description: 'They refresh with the organization’s id to act for it.' },
  problems: ['forbidden'],
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

export const GetOrganizationBrand = defineRoute({
  operationId: 'getOrganizationBrand',
  service: 'orgs',
  method: 'GET',
  path: '/internal/organizations/:organization/brand',
  summary:
    'What a mail or a page names and draws an organization with. `null`: it is deleted, there is ' +
    'nothing to send any more.',
  auth: 'internal',
  callers: ['workers', 'pages'],
  params: Type.Object({ organization: OrganizationId }),
  success: {
    status: 200,
    body: Type.Object({ brand: Type.Union([OrganizationBrand, Type.Null()]) }),
    description: 'Name, logo and colours.',
  },
})

/** Who belongs to an organization, in the order of the reference. */
export const memberRoutes = [
  ListMembers,
  CountMembers,
  UpdateMember,
  SuspendMember,
  ReactivateMember,
  RemoveMember,
  TransferOwnership,
] as const
