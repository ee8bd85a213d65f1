/** A role was given to a person or a group. */
import Type, { type Static } from 'typebox'
import { assignmentFields } from './assignment-fields.ts'

export const AssignmentCreated = {
  type: 'gatehouse.authz.assignment.created.v1',
  data: Type.Object(assignmentFields),
} as const

export type AssignmentCreated = Static<typeof AssignmentCreated.data>
