/** Who holds which role: assignments, and the roles of members and service accounts as a whole. */
import Type, { type Static } from 'typebox'
import {
  AssignmentId,
  GroupId,
  Key,
  MembershipId,
  OrganizationId,
  RoleId,
  ServiceAccountId,
  UserId,
} from '../../common/ids.ts'
import type { EventContract } from '../envelope.ts'

/** What every event about an assignment says: which role, whose, for what, until when. */
export const assignmentFields = {
  assignment_id: AssignmentId,
  organization_id: OrganizationId,
  principal_id: Type.Union([UserId, GroupId]),
  role_id: RoleId,
  resource: Type.Optional(Type.Object({ type: Type.String(), id: Type.String() })),
  expires_at: Type.Optional(Type.String()),
}

/** A role was given to a person or a group. */
export const AssignmentCreated = {
  type: 'gatehouse.authz.assignment.created.v1',
  data: Type.Object(assignmentFields),
} as const

export type AssignmentCreated = Static<typeof AssignmentCreated.data>

/** A role was taken from a person or a group. */
export const AssignmentEnded = {
  type: 'gatehouse.authz.assignment.ended.v1',
  data: Type.Object(assignmentFields),
} as const

export type AssignmentEnded = Static<typeof AssignmentEnded.data>

/** The set of roles a member holds was replaced. */
export const MemberRolesChanged = {
  type: 'gatehouse.authz.member_roles.changed.v1',
  data: Type.Object({
    organization_id: OrganizationId,
    membership_id: MembershipId,
    user_id: UserId,
    before: Type.Array(Key),
    after: Type.Array(Key),
  }),
} as const

export type MemberRolesChanged = Static<typeof MemberRolesChanged.data>

/** The set of roles a service account holds was replaced. */
export const ServiceAccountRolesChanged = {
  type: 'gatehouse.authz.service_account_roles.changed.v1',
  data: Type.Object({
    organization_id: OrganizationId,
    service_account_id: ServiceAccountId,
    before: Type.Array(Key),
    after: Type.Array(Key),
  }),
} as const

export type ServiceAccountRolesChanged = Static<typeof ServiceAccountRolesChanged.data>

/** A person holds a role at platform scope. */
export const PlatformRoleAssigned = {
  type: 'gatehouse.authz.platform_role.assigned.v1',
  data: Type.Object({
    user_id: UserId,
    role: Key,
  }),
} as const

export type PlatformRoleAssigned = Static<typeof PlatformRoleAssigned.data>

export const assignmentEvents: readonly EventContract[] = [
  AssignmentCreated,
  AssignmentEnded,
  MemberRolesChanged,
  ServiceAccountRolesChanged,
  PlatformRoleAssigned,
]
