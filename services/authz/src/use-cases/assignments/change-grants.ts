/** What every change of who holds what has in common: the right to make it, and one transaction over a model that holds still. */
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { undelegableOf } from '../../domain/delegable.ts'
import { permissions } from '../../domain/platform.ts'
import { requirePermission } from '../decisions/check-permissions.ts'
import { openModel, type OpenModel } from '../open-model.ts'
import { notDelegable, valueOf, type Outcome, type Refusal } from '../refusal.ts'

/** Runs `change` under the lock of the organization's model; what is cached of members goes. @throws AppError `forbidden`, and what its refusal becomes */
export async function changeDelegable<T>(
  deps: Deps,
  caller: OrgCaller,
  change: (tx: Tx, model: OpenModel) => Promise<Outcome<T>>,
): Promise<T> {
  await requirePermission(deps, caller, permissions.assignRoles)
  const { orgId } = caller
  const nowMs = deps.clock.now().getTime()
  const outcome = await deps.spine.write({ orgId }, async (tx) => change(tx, await openModel(tx, { caller, nowMs })), {
    announce: 'await',
  })
  deps.factCache.dropMembers(orgId)
  return valueOf(outcome)
}

/** Nobody gives or takes what they do not hold. A role that is gone gives nobody anything. */
export function findUndelegable(
  { delegable, roles, rolesById, catalog }: OpenModel,
  roleIds: readonly string[],
): Refusal | undefined {
  const missing = undelegableOf(delegable, {
    roles,
    keys: roleIds.flatMap((id) => rolesById.get(id)?.key ?? []),
    catalog,
  })
  return missing.length > 0 ? notDelegable(missing) : undefined
}
