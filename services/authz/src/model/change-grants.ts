/**
 * What every change of who holds what has in common: one transaction over a model that holds still, and the rule that
 * nobody gives or takes what they do not hold.
 */
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../deps.ts'
import { missingToGive, missingToTake } from '../domain/delegable.ts'
import { permissions } from '../domain/platform.ts'
import { requirePermission } from '../access/check-permissions.ts'
import { changeModel, type OpenModel } from './open-model.ts'
import { notDelegable, type Outcome, type Refusal } from './refusal.ts'

/**
 * Runs `change` under the lock of the organization's model; what is cached of members goes. @throws AppError
 * `forbidden`, and what its refusal becomes
 */
export async function changeGrants<T>(
  deps: Deps,
  caller: OrgCaller,
  change: (tx: Tx, model: OpenModel) => Promise<Outcome<T>>,
): Promise<T> {
  await requirePermission(deps, caller, permissions.assignRoles)
  return changeModel(deps, caller, { change, forget: (cached) => cached.dropMembers(caller.orgId) })
}

/** A role with the end of the grant, if it has one. */
export type Grant = { readonly roleId: string; readonly expiresAtMs?: number | undefined }

/** A role that is gone gives nobody anything, and neither does a grant that is over. */
export function refuseToGive(model: OpenModel, grants: readonly Grant[]): Refusal | undefined {
  const missing = grants.flatMap(({ roleId, expiresAtMs = Infinity }) =>
    expiresAtMs <= model.nowMs
      ? []
      : missingToGive(model.delegable, around(model), { keys: keysOf(model, [roleId]), untilMs: expiresAtMs }),
  )
  return refusalOf(missing)
}

export const refuseToTake = (model: OpenModel, roleIds: readonly string[]): Refusal | undefined =>
  roleIds.length === 0 ? undefined : refusalOf(missingToTake(model.delegable, around(model), keysOf(model, roleIds)))

export type GrantRules = {
  give(roleIds: readonly string[]): Refusal | undefined
  take(roleIds: readonly string[]): Refusal | undefined
}

export const grantRulesOf = (model: OpenModel): GrantRules => ({
  give: (roleIds) =>
    refuseToGive(
      model,
      roleIds.map((roleId) => ({ roleId })),
    ),
  take: (roleIds) => refuseToTake(model, roleIds),
})

/** For many changes at once: what a role means is read from all policies, so it is asked once for each role. */
export function grantRulesByRole(model: OpenModel): GrantRules {
  const rules = grantRulesOf(model)
  const known = { give: new Map<string, Refusal | undefined>(), take: new Map<string, Refusal | undefined>() }
  const first = (way: 'give' | 'take', roleIds: readonly string[]): Refusal | undefined => {
    for (const roleId of roleIds) {
      if (!known[way].has(roleId)) known[way].set(roleId, rules[way]([roleId]))
      const refusal = known[way].get(roleId)
      if (refusal) return refusal
    }
    return undefined
  }
  return { give: (roleIds) => first('give', roleIds), take: (roleIds) => first('take', roleIds) }
}

const around = (model: OpenModel) => ({ model, catalog: model.catalog })
const keysOf = ({ rolesById }: OpenModel, roleIds: readonly string[]): string[] =>
  roleIds.flatMap((id) => rolesById.get(id)?.key ?? [])
const refusalOf = (missing: readonly string[]): Refusal | undefined =>
  missing.length > 0 ? notDelegable([...new Set(missing)].sort()) : undefined
