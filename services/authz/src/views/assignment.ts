/** Assignments as the wire has them. */
import type { Assignment } from '@gatehouse/contracts/http/authz/assignments'
import { principalIdOf, type AssignmentRow } from '../store/schema.ts'
import { instant } from './validity.ts'

/** Undefined for an assignment of a role that is gone: it gives nothing. */
export const assignmentView = (row: AssignmentRow, role: string | undefined): Assignment | undefined =>
  role === undefined
    ? undefined
    : {
        id: row.id,
        principal: { type: row.principalType === 'group' ? 'group' : 'user', id: principalIdOf(row) },
        role,
        ...(row.resourceType === null || row.resourceId === null
          ? {}
          : { resource: { type: row.resourceType, id: row.resourceId } }),
        ...(row.expiresAt === null ? {} : { expires_at: row.expiresAt.toISOString() }),
        given_by: row.givenBy,
        valid_from: instant(row.validFrom),
      }
