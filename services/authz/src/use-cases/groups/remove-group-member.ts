/** Removes a member from a group, which takes from them what the group holds. */
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import { lockRoleHolder } from '../../store/assignments.ts'
import { closeGroupMember, findGroup, listGroupGrants } from '../../store/groups.ts'
import { announceGroupMemberRemoved } from '../../announce/group.ts'
import { changeGrants, refuseToTake } from '../../model/change-grants.ts'
import { done } from '../../model/refusal.ts'
import type { GroupMember } from './add-group-member.ts'

/** @throws AppError `forbidden`, `not_found` */
export const removeGroupMember = (deps: Deps, caller: OrgCaller, { groupId, userId }: GroupMember): Promise<void> =>
  changeGrants(deps, caller, async (tx, model) => {
    if (!(await findGroup(tx, { orgId: caller.orgId, id: groupId }))) return { kind: 'not_found' }
    const refusal = refuseToTake(
      model,
      (await listGroupGrants(tx, groupId)).map(({ roleId }) => roleId),
    )
    if (refusal) return refusal
    const belonging = await closeGroupMember(tx, { groupId, userId })
    const locked = belonging && (await lockRoleHolder(tx, belonging.membershipId))
    if (!belonging || !locked) return { kind: 'not_found' }
    await announceGroupMemberRemoved(tx, { belonging, version: locked.version, actor: actorOf(caller) })
    return done(undefined)
  })
