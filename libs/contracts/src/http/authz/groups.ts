/** Groups of an organization's members; a member of a group holds what is assigned to it. */
import Type, { type Static } from 'typebox'
import { GroupId, Key, OrganizationId, UserId } from '../../common/ids.ts'
import { listOf } from '../../common/page.ts'
import { DisplayName } from '../../common/display-name.ts'
import { Instant } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'
import { PageAtQuery } from './moment.ts'

export const Group = Type.Object({ id: GroupId, key: Key, name: Type.String(), created_at: Instant })
export type Group = Static<typeof Group>

const orgParams = Type.Object({ org: OrganizationId })
const groupParams = Type.Object({ org: OrganizationId, group: GroupId })
const memberParams = Type.Object({ org: OrganizationId, group: GroupId, user: UserId })

export const ListGroups = defineRoute({
  operationId: 'listGroups',
  service: 'authz',
  method: 'GET',
  path: '/v1/organizations/:org/groups',
  summary: 'The organization’s groups.',
  auth: 'organization',
  params: orgParams,
  query: Type.Object(PageAtQuery),
  success: { status: 200, body: listOf(Group), description: 'The groups.' },
  problems: ['forbidden'],
})

export const CreateGroup = defineRoute({
  operationId: 'createGroup',
  service: 'authz',
  method: 'POST',
  path: '/v1/organizations/:org/groups',
  summary: 'Make a group.',
  auth: 'organization',
  idempotent: true,
  params: orgParams,
  body: Type.Object({ key: Key, name: DisplayName }),
  success: { status: 201, body: Group, description: 'The group, with its `ETag`.' },
  problems: ['forbidden', 'conflict'],
})

export const GetGroup = defineRoute({
  operationId: 'getGroup',
  service: 'authz',
  method: 'GET',
  path: '/v1/organizations/:org/groups/:group',
  summary: 'One group.',
  auth: 'organization',
  params: groupParams,
  success: { status: 200, body: Group, description: 'The group, with its `ETag`.' },
  problems: ['forbidden'],
})

export const UpdateGroup = defineRoute({
  operationId: 'updateGroup',
  service: 'authz',
  method: 'PUT',
  path: '/v1/organizations/:org/groups/:group',
  summary: 'Rename a group; `If-Match` guards against lost updates.',
  auth: 'organization',
  params: groupParams,
  body: Type.Object({ name: DisplayName }),
  success: { status: 200, body: Group, description: 'The group, changed.' },
  problems: ['forbidden', 'precondition_failed'],
})

export const DeleteGroup = defineRoute({
  operationId: 'deleteGroup',
  service: 'authz',
  method: 'DELETE',
  path: '/v1/organizations/:org/groups/:group',
  summary: 'Delete a group; its members hold no longer what they held through it.',
  auth: 'organization',
  params: groupParams,
  success: { status: 204, description: 'Gone.' },
  problems: ['forbidden', 'precondition_failed'],
})

export const ListGroupMembers = defineRoute({
  operationId: 'listGroupMembers',
  service: 'authz',
  method: 'GET',
  path: '/v1/organizations/:org/groups/:group/members',
  summary: 'Who belongs to the group.',
  auth: 'organization',
  params: groupParams,
  query: Type.Object(PageAtQuery),
  success: {
    status: 200,
    body: listOf(Type.Object({ user: Type.Object({ id: UserId }) })),
    description: 'The members.',
  },
  problems: ['forbidden'],
})

export const AddGroupMember = defineRoute({
  operationId: 'addGroupMember',
  service: 'authz',
  method: 'PUT',
  path: '/v1/organizations/:org/groups/:group/members/:user',
  summary: 'Make a member of the organization belong to the group; whoever does it holds every role of the group.',
  auth: 'organization',
  params: memberParams,
  success: { status: 204, description: 'Belongs to it; the next check sees it.' },
  problems: ['forbidden', 'not_current'],
})

export const RemoveGroupMember = defineRoute({
  operationId: 'removeGroupMember',
  service: 'authz',
  method: 'DELETE',
  path: '/v1/organizations/:org/groups/:group/members/:user',
  summary: 'Take a member out of the group; whoever does it holds every role of the group.',
  auth: 'organization',
  params: memberParams,
  success: { status: 204, description: 'Belongs to it no longer.' },
  problems: ['forbidden'],
})
