/** What every event about an assignment says: which role, whose, for what, until when. */
import Type from 'typebox'
import { AssignmentId, GroupId, OrganizationId, RoleId, UserId } from '../../common/ids.ts'

export const assignmentFields = {
  assignment_id: AssignmentId,
  organization_id: OrganizationId,
  principal_id: Type.Union([UserId, GroupId]),
  role_id: RoleId,
  resource: Type.Optional(Type.Object({ type: Type.String(), id: Type.String() })),
  expires_at: Type.Optional(Type.String()),
}
