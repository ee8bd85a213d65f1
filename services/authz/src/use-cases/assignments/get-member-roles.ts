/**
 * The roles that were given to a member for everything; what groups bring and what is limited to one resource is not
 * among them.
 */
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { rolesHeldAt } from '../../domain/facts.ts'
import { permissions } from '../../domain/platform.ts'
import { roleKeysOf } from '../../domain/policy-model.ts'
import { listOwnRoles } from '../../store/assignments.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import { getMember } from '../../subjects/find-member.ts'

export type MemberRoles = { user: { id: string }; roles: string[] }

/**
 * Everybody may see their own. Ownership is not a role one is given, so it is not among them. @throws AppError
 * `forbidden`, `not_found`
 */
export async function getMemberRoles(deps: Deps, caller: OrgCaller, userId: string): Promise<MemberRoles> {
  if (caller.kind !== 'user' || userId !== caller.userId) await requirePermission(deps, caller, permissions.readRoles)
  const { orgId } = caller
  const member = await getMember(deps, { orgId, userId })
  const model = await deps.factCache.model(orgId)
  const own = await inScope(deps.db, { orgId }, (tx) => listOwnRoles(tx, member.id))
  return { user: { id: userId }, roles: roleKeysOf(model, rolesHeldAt(own, deps.clock.now().getTime())).sort() }
}
