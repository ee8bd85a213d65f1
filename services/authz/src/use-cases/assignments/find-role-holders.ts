/** Which of some members hold a role: what orgs, who knows members but no roles, filters its list by. */
import { readInScope } from '@gatehouse/service-kit/postgres/single-read'
import type { Deps } from '../../deps.ts'
import { ownerRole } from '../../domain/platform.ts'
import { rolesThatGive } from '../../domain/policy-model.ts'
import { pollOnce, requireFresh, requireUnparked } from '../../facts/freshness.ts'
import { listRoleHolders } from '../../store/role-holders.ts'

/**
 * Roles for one resource do not count, as in the roles that applications are told. orgs is polled first, for it asks
 * about people who may have joined a moment ago. @throws AppError `not_current`
 */
export async function findRoleHolders(
  deps: Pick<Deps, 'db' | 'factCache' | 'following' | 'clock'>,
  { orgId, role, membershipIds }: { orgId: string; role: string; membershipIds: readonly string[] },
): Promise<{ membership_ids: string[] }> {
  requireFresh(deps.following)
  await pollOnce(deps.following, ['orgs'])
  for (const membershipId of membershipIds) requireUnparked(deps.following, { orgId, membershipId })
  const { keys, ids: roleIds } = rolesThatGive(await deps.factCache.model(orgId), role)
  const who = { orgId, membershipIds, roleIds, withOwners: keys.has(ownerRole), now: deps.clock.now() }
  return { membership_ids: await readInScope(deps.db, { orgId }, (tx) => listRoleHolders(tx, who)) }
}
