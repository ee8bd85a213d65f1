/** What operators of the platform do with organizations. Each change takes a reason, which the audit trail keeps. */
import Type, { type Static } from 'typebox'
import { Key, OrganizationId } from '../../common/ids.ts'
import { listOf, PageQuery } from '../../common/page.ts'
import { Instant, Reason } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'

/** `deleting`: an owner asked for the deletion, and the grace is not over. */
const OrganizationStatus = Type.Union([Type.Literal('active'), Type.Literal('suspended'), Type.Literal('deleting')])

/** An organization as operators see it. */
export const ManagedOrganization = Type.Object({
  id: OrganizationId,
  name: Type.String(),
  slug: Key,
  status: OrganizationStatus,
  /** Active ones. */
  members: Type.Integer(),
  created_at: Instant,
})
export type ManagedOrganization = Static<typeof ManagedOrganization>

const params = Type.Object({ organization: OrganizationId })
const body = Type.Object({ reason: Reason })

export const ListOrganizations = defineRoute({
  operationId: 'listOrganizations',
  service: 'orgs',
  method: 'GET',
  path: '/v1/platform/organizations',
  summary: 'Organizations, newest first: all, or those whose id, slug or name is or begins with `search`.',
  auth: 'user',
  query: Type.Object({
    ...PageQuery,
    search: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    status: Type.Optional(OrganizationStatus),
  }),
  success: { status: 200, body: listOf(ManagedOrganization), description: 'The organizations.' },
  problems: ['forbidden'],
})

export const GetManagedOrganization = defineRoute({
  operationId: 'getManagedOrganization',
  service: 'orgs',
  method: 'GET',
  path: '/v1/platform/organizations/:organization',
  summary: 'One organization.',
  auth: 'user',
  params,
  success: { status: 200, body: ManagedOrganization, description: 'The organization.' },
  problems: ['forbidden'],
})

export const SuspendOrganization = defineRoute({
  operationId: 'suspendOrganization',
  service: 'orgs',
  method: 'POST',
  path: '/v1/platform/organizations/:organization/suspend',
  summary:
    'Nobody acts for the organization any more: its access tokens and API keys are void, none is made for it, and ' +
    'the policy decision point permits nothing in it.',
  auth: 'user',
  params,
  body,
  example: { reason: 'Ticket 4711: unpaid for ninety days' },
  success: { status: 204, description: 'The organization is suspended; the same for one that was before.' },
  problems: ['forbidden'],
})

export const RestoreOrganization = defineRoute({
  operationId: 'restoreOrganization',
  service: 'orgs',
  method: 'POST',
  path: '/v1/platform/organizations/:organization/restore',
  summary: 'Let members act for a suspended organization again. Tokens that are void stay void.',
  auth: 'user',
  params,
  body,
  example: { reason: 'Ticket 4711: paid' },
  success: { status: 204, description: 'The organization is active; the same for one that was before.' },
  problems: ['forbidden'],
})

export const managedOrganizationRoutes = [
  ListOrganizations,
  GetManagedOrganization,
  SuspendOrganization,
  RestoreOrganization,
] as const
