/**
 * Domains of an organization: proven by a record in DNS, checked again, and what they mean for people with an address
 * there.
 */
import Type, { type Static } from 'typebox'
import { DomainId, MembershipId, OrganizationId } from '../../common/ids.ts'
import { Instant } from '../../common/scalars.ts'
import { listOf, PageQuery } from '../../common/page.ts'
import { defineRoute } from '../contract.ts'
import { Organization } from './organizations.ts'

/** A name of RFC 1123 with two labels at least, in ASCII (an international one as its A-labels). */
const DomainName = Type.String({
  pattern: '^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$',
  maxLength: 253,
})

/**
 * `off`: nothing. `offer`: whoever has proven an address of the domain may join as a `member`. `join`: they are members
 * once they have proven it.
 */
const Capture = Type.Union([Type.Literal('off'), Type.Literal('offer'), Type.Literal('join')])
export type Capture = Static<typeof Capture>

export const Domain = Type.Object({
  id: DomainId,
  name: Type.String(),
  status: Type.Union([Type.Literal('pending'), Type.Literal('verified'), Type.Literal('lapsed')]),
  capture: Capture,
  /** The TXT record that proves the domain, and goes on doing so at later checks. */
  record: Type.Object({ name: Type.String(), value: Type.String() }),
  /** What the last look at DNS found; null before the first. */
  last_check: Type.Union([
    Type.Literal('found'),
    Type.Literal('missing'),
    Type.Literal('unanswered'),
    Type.Literal('taken'),
    Type.Null(),
  ]),
  checked_at: Type.Union([Instant, Type.Null()]),
  created_at: Instant,
  /** Of the domain, as its `ETag` says. */
  version: Type.Integer(),
})
export type Domain = Static<typeof Domain>

const orgParams = Type.Object({ org: OrganizationId })
const params = Type.Object({ org: OrganizationId, domain: DomainId })

const AddDomain = defineRoute({
  operationId: 'addDomain',
  service: 'orgs',
  method: 'POST',
  path: '/v1/organizations/:org/domains',
  summary: 'Claim a domain. The answer says which TXT record proves it.',
  auth: 'organization',
  idempotent: true,
  params: orgParams,
  body: Type.Object({ name: DomainName }),
  example: { name: 'example.com' },
  success: { status: 201, body: Domain, description: 'The domain, not proven yet.' },
  problems: ['forbidden', 'conflict', 'limit_reached'],
})

const ListDomains = defineRoute({
  operationId: 'listDomains',
  service: 'orgs',
  method: 'GET',
  path: '/v1/organizations/:org/domains',
  summary: 'Domains of the organization, newest first.',
  auth: 'organization',
  params: orgParams,
  query: Type.Object(PageQuery),
  success: { status: 200, body: listOf(Domain), description: 'The domains.' },
  problems: ['forbidden'],
})

const VerifyDomain = defineRoute({
  operationId: 'verifyDomain',
  service: 'orgs',
  method: 'POST',
  path: '/v1/organizations/:org/domains/:domain/verify',
  summary:
    'Look for the record now. One organization has a domain at a time: `last_check` is `taken` where another one ' +
    'has proven it.',
  auth: 'organization',
  params,
  success: { status: 200, body: Domain, description: 'The domain, and what DNS said.' },
  problems: ['forbidden', 'rate_limited'],
})

const UpdateDomain = defineRoute({
  operationId: 'updateDomain',
  service: 'orgs',
  method: 'PATCH',
  path: '/v1/organizations/:org/domains/:domain',
  summary:
    'Say what happens with people of the domain; `If-Match` guards against lost updates. Letting them join takes the ' +
    'right to give the role `member`.',
  auth: 'organization',
  principals: 'people',
  params,
  body: Type.Object({ capture: Capture }),
  success: { status: 200, body: Domain, description: 'The domain, changed, with its `ETag`.' },
  problems: ['forbidden', 'precondition_failed'],
})

const RemoveDomain = defineRoute({
  operationId: 'removeDomain',
  service: 'orgs',
  method: 'DELETE',
  path: '/v1/organizations/:org/domains/:domain',
  summary: 'Give a domain up.',
  auth: 'organization',
  params,
  success: { status: 204, description: 'It is nobody’s. Members stay.' },
  problems: ['forbidden'],
})

const ListOfferedOrganizations = defineRoute({
  operationId: 'listOfferedOrganizations',
  service: 'orgs',
  method: 'GET',
  path: '/v1/me/offered-organizations',
  summary:
    'The organization that has proven the domain of one’s address, while one does not belong to it and may join or ' +
    'ask to.',
  auth: 'user',
  success: {
    status: 200,
    body: Type.Object({
      data: Type.Array(
        Type.Object({
          organization: Organization,
          /** `join` at once, or `ask` for access. */
          by: Type.Union([Type.Literal('join'), Type.Literal('ask')]),
        }),
      ),
    }),
    description: 'None or one: a domain is proven by one organization at a time.',
  },
})

const JoinOfferedOrganization = defineRoute({
  operationId: 'joinOfferedOrganization',
  service: 'orgs',
  method: 'POST',
  path: '/v1/me/offered-organizations/:organization/join',
  summary:
    'Join the organization of one’s domain, where it lets people join. Whoever was removed from it asks instead.',
  auth: 'user',
  params: Type.Object({ organization: OrganizationId }),
  success: {
    status: 200,
    body: Type.Object({ membership: Type.Object({ id: MembershipId }), organization: Organization }),
    description: 'Refresh with the organization’s id to act for it.',
  },
  problems: ['already_member', 'conflict'],
})

export {
  AddDomain,
  JoinOfferedOrganization,
  ListDomains,
  ListOfferedOrganizations,
  RemoveDomain,
  UpdateDomain,
  VerifyDomain,
}

export const domainRoutes = [
  AddDomain,
  ListDomains,
  VerifyDomain,
  UpdateDomain,
  RemoveDomain,
  ListOfferedOrganizations,
  JoinOfferedOrganization,
] as const
