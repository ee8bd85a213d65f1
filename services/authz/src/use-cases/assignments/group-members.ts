/** Who belongs to a group. Belonging gives what the group holds, so whoever adds or removes somebody holds all of it. */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { PageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/platform.ts'
import { lockRoleHolder } from '../../store/assignments.ts'
import {
  closeGroupMember,
  findGroup,
  insertGroupMember,
  listGroupMembersPage,
  listGroupRoleIds,
} from '../../store/groups.ts'
import { announceGroupMemberAdded, announceGroupMemberRemoved } from '../announce/group.ts'
import { changeDelegable, findUndelegable } from './change-grants.ts'
import { requirePermission } from '../decisions/check-permissions.ts'
import { getMember } from '../subjects/get-member.ts'
import { pageAt, type ListQuery } from '../page-at.ts'
import { done } from '../refusal.ts'

type GroupMember = { groupId: string; userId: string }

/** By id of the person, as of `at`. @throws AppError `forbidden`, `not_found`, `validation_failed`, `invalid_cursor` */
export async function listGroupMembers(
  deps: Deps,
  caller: OrgCaller,
  query: ListQuery & { readonly groupId: string },
): Promise<PageOf<{ user: { id: string } }>> {
  await requirePermission(deps, caller, permissions.readRoles)
  const { orgId } = caller
  const { groupId } = query
  const { data, page } = await pageAt(deps, query, {
    length: 1,
    isPlace: ([id]) => isTypeId('user', id),
    read: ({ after, limit, at }) =>
      inScope(deps.db, { orgId }, async (tx) => {
        if (!(await findGroup(tx, { orgId, id: groupId, at }))) throw problem('not_found')
        return listGroupMembersPage(tx, { groupId, limit, at, afterUserId: after?.map(String)[0] })
      }),
    placeOf: ({ userId }) => [userId],
  })
  return { data: data.map(({ userId }) => ({ user: { id: userId } })), page }
}

/** Saying it again changes nothing. @throws AppError `forbidden`, `not_found` */
export async function addGroupMember(deps: Deps, caller: OrgCaller, { groupId, userId }: GroupMember): Promise<void> {
  await requirePermission(deps, caller, permissions.assignRoles)
  const { orgId } = caller
  const member = await getMember(deps, { orgId, userId })
  await changeDelegable(deps, caller, async (tx, model) => {
    if (!(await findGroup(tx, { orgId, id: groupId }))) return { kind: 'not_found' }
    const refusal = findUndelegable(model, await listGroupRoleIds(tx, groupId))
    if (refusal) return refusal
    const locked = await lockRoleHolder(tx, member.id)
    if (!locked) return { kind: 'not_found' }
    const belonging = { orgId, groupId, membershipId: member.id, userId }
    const actor = actorOf(caller)
    if (await insertGroupMember(tx, { ...belonging, addedBy: actor }))
      await announceGroupMemberAdded(tx, { belonging, version: locked.version, actor })
    return done(undefined)
  })
}

/** @throws AppError `forbidden`, `not_found` */
export const removeGroupMember = (deps: Deps, caller: OrgCaller, { groupId, userId }: GroupMember): Promise<void> =>
  changeDelegable(deps, caller, async (tx, model) => {
    if (!(await findGroup(tx, { orgId: caller.orgId, id: groupId }))) return { kind: 'not_found' }
    const refusal = findUndelegable(model, await listGroupRoleIds(tx, groupId))
    if (refusal) return refusal
    const belonging = await closeGroupMember(tx, { groupId, userId })
    const locked = belonging && (await lockRoleHolder(tx, belonging.membershipId))
    if (!belonging || !locked) return { kind: 'not_found' }
    await announceGroupMemberRemoved(tx, { belonging, version: locked.version, actor: actorOf(caller) })
    return done(undefined)
  })
