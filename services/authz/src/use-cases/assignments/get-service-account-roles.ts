/** The roles a service account holds. */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import { rolesHeldAt, type ServiceAccountFacts } from '../../domain/facts.ts'
import { permissions } from '../../domain/platform.ts'
import { roleKeysOf } from '../../domain/policy-model.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import { requireAccountKnowable } from '../../facts/freshness.ts'

export type ServiceAccountRoles = { service_account: { id: string }; roles: string[] }

/** An account may see its own. @throws AppError `forbidden`, `not_found`, `not_current` */
export async function getServiceAccountRoles(deps: Deps, caller: OrgCaller, id: string): Promise<ServiceAccountRoles> {
  if (caller.kind !== 'service_account' || id !== caller.serviceAccountId)
    await requirePermission(deps, caller, permissions.readRoles)
  const account = await getServiceAccount(deps, { orgId: caller.orgId, serviceAccountId: id })
  const model = await deps.factCache.model(caller.orgId)
  return {
    service_account: { id },
    roles: roleKeysOf(model, rolesHeldAt(account.roles, deps.clock.now().getTime())).sort(),
  }
}

/**
 * It may have been made a moment ago: tokens is asked once before the answer is no. @throws AppError `not_found`,
 * `not_current`
 */
export async function getServiceAccount(
  deps: Pick<Deps, 'factCache' | 'following'>,
  who: { orgId: string; serviceAccountId: string },
): Promise<ServiceAccountFacts> {
  requireAccountKnowable(deps.following, who)
  let account = await deps.factCache.serviceAccount(who)
  if (account === undefined) {
    await deps.following.tokens.pollNow()
    account = await deps.factCache.serviceAccount(who)
  }
  if (account === undefined || account.status === 'deleted') throw problem('not_found')
  return account
}
