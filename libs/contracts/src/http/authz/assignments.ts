/** Who holds which role: people and groups, everywhere or for one resource, for good or until a time. */
import Type, { type Static } from 'typebox'
import { AssignmentId, GroupId, Key, OrganizationId, UserId } from '../../common/ids.ts'
import { listOf } from '../../common/page.ts'
import { Instant } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'
import { EntityKey, EntityType } from './attributes.ts'
import { PageAtQuery } from './moment.ts'

const Principal = Type.Union([
  Type.Object({ type: Type.Literal('user'), id: UserId }),
  Type.Object({ type: Type.Literal('group'), id: GroupId }),
])
const ResourceRef = Type.Object({ type: EntityType, id: EntityKey })

/** `resource`: it counts for that resource alone. `expires_at`: it counts no longer from then on. */
export const NewAssignment = Type.Object({
  principal: Principal,
  role: Key,
  resource: Type.Optional(ResourceRef),
  expires_at: Type.Optional(Instant),
})
export type NewAssignment = Static<typeof NewAssignment>

export const Assignment = Type.Object({
  id: AssignmentId,
  ...NewAssignment.properties,
  given_by: Type.String(),
  valid_from: Instant,
})
export type Assignment = Static<typeof Assignment>

const orgParams = Type.Object({ org: OrganizationId })

export const ListAssignments = defineRoute({
  operationId: 'listAssignments',
  service: 'authz',
  method: 'GET',
  path: '/v1/organizations/:org/assignments',
  summary:
    'Roles of people and groups in the organization, in the order they were given; of one of them with `principal`.',
  auth: 'organization',
  params: orgParams,
  query: Type.Object({ ...PageAtQuery, principal: Type.Optional(Type.Union([UserId, GroupId])) }),
  success: {
    status: 200,
    body: listOf(Assignment),
    description: 'The assignments; one that has expired stays until it is ended.',
  },
  problems: ['forbidden'],
})

export const CreateAssignment = defineRoute({
  operationId: 'createAssignment',
  service: 'authz',
  method: 'POST',
  path: '/v1/organizations/:org/assignments',
  summary: 'Give a role; nobody gives what they do not hold.',
  auth: 'organization',
  idempotent: true,
  params: orgParams,
  body: NewAssignment,
  success: { status: 201, body: Assignment, description: 'The assignment; the next check sees it.' },
  problems: ['forbidden', 'conflict', 'not_current'],
})

export const UpdateAssignment = defineRoute({
  operationId: 'updateAssignment',
  service: 'authz',
  method: 'PATCH',
  path: '/v1/organizations/:org/assignments/:assignment',
  summary:
    'Extend or shorten a grant, or make it one for good with `null`; nobody lets a grant last longer than they ' +
    'hold it themselves. The assignment has a new id.',
  auth: 'organization',
  params: Type.Object({ org: OrganizationId, assignment: AssignmentId }),
  body: Type.Object({ expires_at: Type.Union([Instant, Type.Null()]) }),
  success: { status: 200, body: Assignment, description: 'The assignment that is in the place of the old one.' },
  problems: ['forbidden', 'validation_failed'],
})

export const DeleteAssignment = defineRoute({
  operationId: 'deleteAssignment',
  service: 'authz',
  method: 'DELETE',
  path: '/v1/organizations/:org/assignments/:assignment',
  summary: 'Take a role away; nobody takes what they do not hold.',
  auth: 'organization',
  params: Type.Object({ org: OrganizationId, assignment: AssignmentId }),
  success: { status: 204, description: 'Held no longer.' },
  problems: ['forbidden'],
})
