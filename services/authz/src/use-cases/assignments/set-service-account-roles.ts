/** Replaces the roles a service account holds for everything. */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/platform.ts'
import {
  endServiceAccountRoles,
  insertServiceAccountRoles,
  listServiceAccountRoles,
  lockServiceAccountRoles,
} from '../../store/service-account-roles.ts'
import { announceServiceAccountRoles } from '../../announce/assignment.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import { changeGrants } from '../../model/change-grants.ts'
import { getServiceAccount, type ServiceAccountRoles } from './get-service-account-roles.ts'
import { replaceRoles, type RoleSet } from './replace-roles.ts'

/** @throws AppError `forbidden`, `not_found`, `validation_failed`, `not_current` */
export async function setServiceAccountRoles(
  deps: Deps,
  caller: OrgCaller,
  { id, roles }: { id: string; roles: readonly string[] },
): Promise<ServiceAccountRoles> {
  await requirePermission(deps, caller, permissions.assignRoles)
  const who = { orgId: caller.orgId, serviceAccountId: id }
  await getServiceAccount(deps, who)
  const set = serviceAccountRoleSet(who, actorOf(caller))
  const nowMs = deps.clock.now().getTime()
  const after = await changeGrants(deps, caller, (tx, model) => replaceRoles(tx, { model, set, roles, nowMs }))
  deps.factCache.dropServiceAccount(who)
  return { service_account: { id }, roles: after }
}

const serviceAccountRoleSet = (who: { orgId: string; serviceAccountId: string }, actor: Actor): RoleSet => ({
  lock: (tx) => lockServiceAccountRoles(tx, who),
  list: async (tx) =>
    (await listServiceAccountRoles(tx, who.serviceAccountId)).filter(({ resource }) => resource === undefined),
  end: (tx, roleIds) => endServiceAccountRoles(tx, { serviceAccountId: who.serviceAccountId, roleIds }),
  insert: (tx, roleIds) => insertServiceAccountRoles(tx, { ...who, roleIds, givenBy: actor }),
  announce: (tx, change) => announceServiceAccountRoles(tx, { ...who, ...change, actor }),
})
