/** Groups of an organization and who is in them. */
import {
  AddGroupMember,
  CreateGroup,
  DeleteGroup,
  GetGroup,
  ListGroupMembers,
  ListGroups,
  RemoveGroupMember,
  UpdateGroup,
} from '@gatehouse/contracts/http/authz/groups'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { addGroupMember } from '../use-cases/groups/add-group-member.ts'
import { createGroup } from '../use-cases/groups/create-group.ts'
import { deleteGroup } from '../use-cases/groups/delete-group.ts'
import { getGroup } from '../use-cases/groups/get-group.ts'
import { listGroupMembers } from '../use-cases/groups/list-group-members.ts'
import { listGroups } from '../use-cases/groups/list-groups.ts'
import { removeGroupMember } from '../use-cases/groups/remove-group-member.ts'
import { updateGroup } from '../use-cases/groups/update-group.ts'
import { expectedVersion, sendVersion } from '@gatehouse/service-kit/http/version-tag'

export function groupsRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, ListGroups, ({ caller, query }) => listGroups(deps, caller, query))
  bindRoute(app, CreateGroup, async ({ caller, body, reply }) => {
    const { group, version } = await createGroup(deps, caller, body)
    sendVersion(reply, version)
    return group
  })
  bindRoute(app, GetGroup, async ({ caller, params, reply }) => {
    const { group, version } = await getGroup(deps, caller, params.group)
    sendVersion(reply, version)
    return group
  })
  bindRoute(app, UpdateGroup, async ({ caller, params, body, request, reply }) => {
    const { group, version } = await updateGroup(deps, caller, {
      groupId: params.group,
      name: body.name,
      isExpected: expectedVersion(request),
    })
    sendVersion(reply, version)
    return group
  })
  bindRoute(app, DeleteGroup, ({ caller, params, request }) =>
    deleteGroup(deps, caller, { groupId: params.group, isExpected: expectedVersion(request) }),
  )
  bindRoute(app, ListGroupMembers, ({ caller, params, query }) =>
    listGroupMembers(deps, caller, { ...query, groupId: params.group }),
  )
  bindRoute(app, AddGroupMember, ({ caller, params }) =>
    addGroupMember(deps, caller, { groupId: params.group, userId: params.user }),
  )
  bindRoute(app, RemoveGroupMember, ({ caller, params }) =>
    removeGroupMember(deps, caller, { groupId: params.group, userId: params.user }),
  )
}
