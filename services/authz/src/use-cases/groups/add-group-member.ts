/**
 * Adds a member of the organization to a group. Belonging gives what the group holds, so the caller holds all of it.
 */
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/platform.ts'
import { lockRoleHolder } from '../../store/assignments.ts'
import { findGroup, insertGroupMember, listGroupGrants } from '../../store/groups.ts'
import { announceGroupMemberAdded } from '../../announce/group.ts'
import { changeGrants, refuseToGive } from '../../model/change-grants.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import { getMember } from '../../subjects/find-member.ts'
import { done } from '../../model/refusal.ts'

export type GroupMember = { groupId: string; userId: string }

/** Saying it again changes nothing. @throws AppError `forbidden`, `not_found` */
export async function addGroupMember(deps: Deps, caller: OrgCaller, { groupId, userId }: GroupMember): Promise<void> {
  await requirePermission(deps, caller, permissions.assignRoles)
  const { orgId } = caller
  const member = await getMember(deps, { orgId, userId })
  await changeGrants(deps, caller, async (tx, model) => {
    if (!(await findGroup(tx, { orgId, id: groupId }))) return { kind: 'not_found' }
    const refusal = refuseToGive(model, await listGroupGrants(tx, groupId))
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
