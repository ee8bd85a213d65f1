/** A role was taken from a person or a group. */
import Type, { type Static } from 'typebox'
import { AssignmentId, GroupId, OrganizationId, RoleId, UserId } from '../../common/ids.ts'

export const AssignmentEnded = {
  type: 'gatehouse.authz.assignment.ended.v1',
  data: Type.Object({
    assignment_id: AssignmentId,
    organization_id: OrganizationId,
    principal_id: Type.Union([UserId, GroupId]),
    role_id: RoleId,
    resource: Type.Optional(Type.Object({ type: Type.String(), id: Type.String() })),
    expires_at: Type.Optional(Type.String()),
  }),
} as const

export type AssignmentEnded = Static<typeof AssignmentEnded.data>
