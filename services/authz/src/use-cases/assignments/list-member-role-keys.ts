/** The roles of a member as a client of the OpenID provider is told them: what decisions rest on, by its keys. */
import type { Deps } from '../../deps.ts'
import { findObstacle, rolesHeldAt } from '../../domain/facts.ts'
import { ownerRole } from '../../domain/platform.ts'
import { roleKeysOf } from '../../domain/policy-model.ts'
import { decideWith } from '../../facts/decide-with.ts'
import { requireFresh, requireUnparked } from '../../facts/freshness.ts'
import { readNewcomer } from '../../subjects/principal-facts.ts'

/** Roles for one resource are not among them. @throws AppError `not_current` */
export async function listMemberRoleKeys(
  deps: Pick<Deps, 'factCache' | 'following' | 'clock'>,
  o: { userId: string; orgId: string },
): Promise<{ roles: string[] }> {
  requireFresh(deps.following)
  const found = await decideWith(deps, (facts) => readNewcomer(facts, o))
  const { member } = found
  requireUnparked(deps.following, { ...o, membershipId: member?.id })
  if (member === undefined || findObstacle(found) !== undefined) return { roles: [] }
  const held = rolesHeldAt(member.roles, deps.clock.now().getTime())
  const keys = roleKeysOf(await deps.factCache.model(o.orgId), held)
  return { roles: [...new Set(member.isOwner ? [...keys, ownerRole] : keys)].sort() }
}
