/** A role was taken from a person or a group. */
import Type, { type Static } from 'typebox'
import { assignmentFields } from './assignment-fields.ts'

export const AssignmentEnded = {
  type: 'gatehouse.authz.assignment.ended.v1',
  data: Type.Object(assignmentFields),
} as const

export type AssignmentEnded = Static<typeof AssignmentEnded.data>
