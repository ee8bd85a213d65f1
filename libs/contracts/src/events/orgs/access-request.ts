/** Requests to join an organization, or for roles in it. */
import Type, { type Static } from 'typebox'
import { AccessRequestId, Key, MembershipId, OrganizationId, UserId } from '../../common/ids.ts'
import { Instant } from '../../common/scalars.ts'
import type { EventContract } from '../envelope.ts'

const about = { access_request_id: AccessRequestId, organization_id: OrganizationId, user_id: UserId }

/** Somebody asks for access; `owners` are told by mail. */
export const AccessRequestCreated = {
  type: 'gatehouse.orgs.access_request.created.v1',
  data: Type.Object({
    ...about,
    kind: Type.Union([Type.Literal('join'), Type.Literal('role')]),
    roles: Type.Array(Key),
    owners: Type.Array(UserId),
  }),
} as const

export type AccessRequestCreated = Static<typeof AccessRequestCreated.data>

/**
 * Access was given. Who asked to join is a member from now on (`membership.created`); who asked for roles holds them
 * from now on, and authz assigns them.
 */
export const AccessRequestApproved = {
  type: 'gatehouse.orgs.access_request.approved.v1',
  data: Type.Object({
    ...about,
    kind: Type.Union([Type.Literal('join'), Type.Literal('role')]),
    membership_id: MembershipId,
    roles: Type.Array(Key),
    approved_by: UserId,
    /** When the roles end by themselves; null: they do not. */
    expires_at: Type.Union([Instant, Type.Null()]),
  }),
} as const

export type AccessRequestApproved = Static<typeof AccessRequestApproved.data>

/** Access was not given. Why, the person who asked reads in the request. */
export const AccessRequestDenied = {
  type: 'gatehouse.orgs.access_request.denied.v1',
  data: Type.Object(about),
} as const

export type AccessRequestDenied = Static<typeof AccessRequestDenied.data>

/** Whoever asked took the request back. */
export const AccessRequestCancelled = {
  type: 'gatehouse.orgs.access_request.cancelled.v1',
  data: Type.Object(about),
} as const

export type AccessRequestCancelled = Static<typeof AccessRequestCancelled.data>

export const accessRequestEvents: readonly EventContract[] = [
  AccessRequestCreated,
  AccessRequestApproved,
  AccessRequestDenied,
  AccessRequestCancelled,
]
