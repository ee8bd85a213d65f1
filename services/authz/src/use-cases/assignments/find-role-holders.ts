/**
 * Which of some members hold one of some roles. orgs, who knows members but no roles, filters its list by it, and
 * tokens asks for a second factor by it.
 */
import { readInScope } from '@gatehouse/service-kit/postgres/single-read'
import type { Deps } from '../../deps.ts'
import { ownerRole } from '../../domain/platform.ts'
import { rolesThatGive } from '../../domain/policy-model.ts'
import { pollOnce, requireFresh, requireUnparked } from '../../facts/freshness.ts'
import { listRoleHolders } from '../../store/role-holders.ts'

type Question = {
  orgId: string
  roles: readonly string[]
  /** Whether a role counts that is held for one resource: it does not in the roles that applications are told. */
  forSomeResources: boolean
  membershipIds: readonly string[]
}

/**
 * orgs is polled first, for the question is about people who may have joined a moment ago. @throws AppError
 * `not_current`
 */
export async function findRoleHolders(
  deps: Pick<Deps, 'db' | 'factCache' | 'following' | 'clock'>,
  { orgId, roles, forSomeResources, membershipIds }: Question,
): Promise<{ membership_ids: string[]; unknown_roles: string[] }> {
  requireFresh(deps.following)
  await pollOnce(deps.following, ['orgs'])
  for (const membershipId of membershipIds) requireUnparked(deps.following, { orgId, membershipId })
  const model = await deps.factCache.model(orgId)
  const given = roles.map((role) => rolesThatGive(model, role))
  const roleIds = [...new Set(given.flatMap(({ ids }) => ids))]
  const withOwners = given.some(({ keys }) => keys.has(ownerRole))
  const who = { orgId, membershipIds, roleIds, forSomeResources, withOwners, now: deps.clock.now() }
  return {
    membership_ids:
      membershipIds.length === 0 ? [] : await readInScope(deps.db, { orgId }, (tx) => listRoleHolders(tx, who)),
    unknown_roles: roles.filter((role) => !model.roles.has(role)),
  }
}
