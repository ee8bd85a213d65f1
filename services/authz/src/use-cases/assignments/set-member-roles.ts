/**
 * Replaces the roles that were given to a member for everything; what groups bring and what is limited to one resource
 * stays as it is.
 */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/platform.ts'
import { endOwnRoles, insertMemberRoles, listOwnRoles, lockRoleHolder, type Holder } from '../../store/assignments.ts'
import { announceMemberRoles } from '../../announce/assignment.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import { getMember } from '../../subjects/find-member.ts'
import { changeGrants } from '../../model/change-grants.ts'
import type { MemberRoles } from './get-member-roles.ts'
import { replaceRoles, type RoleSet } from './replace-roles.ts'

/** @throws AppError `forbidden`, `not_found`, `validation_failed` */
export async function setMemberRoles(
  deps: Deps,
  caller: OrgCaller,
  input: { userId: string; roles: readonly string[] },
): Promise<MemberRoles> {
  await requirePermission(deps, caller, permissions.assignRoles)
  const { orgId } = caller
  const { userId, roles } = input
  const member = await getMember(deps, { orgId, userId })
  const set = memberRoleSet({ membershipId: member.id, orgId, userId }, actorOf(caller))
  const nowMs = deps.clock.now().getTime()
  const after = await changeGrants(deps, caller, (tx, model) => replaceRoles(tx, { model, set, roles, nowMs }))
  return { user: { id: userId }, roles: after }
}

const memberRoleSet = (holder: Holder, actor: Actor): RoleSet => ({
  lock: (tx) => lockRoleHolder(tx, holder.membershipId),
  list: (tx) => listOwnRoles(tx, holder.membershipId),
  end: (tx, roleIds) => endOwnRoles(tx, { membershipId: holder.membershipId, roleIds }),
  insert: (tx, roleIds) => insertMemberRoles(tx, { ...holder, roleIds, givenBy: actor }),
  announce: (tx, change) => announceMemberRoles(tx, { holder, ...change, actor }),
})
