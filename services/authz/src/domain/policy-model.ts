/** One organization's rules as decisions read them: the compiled set and the definitions it was compiled from. */
import type { CheckedIr } from '@gatehouse/policy/ir/condition'
import { compilePolicySet, type Obligation, type PolicySet } from '@gatehouse/policy/compile/policy-set'
import type { RoleSource } from '@gatehouse/policy/compile/roles'
import { catalogOf, resourceTypeSources, type Application, type Catalog } from './catalog.ts'

export type RoleRecord = RoleSource & { readonly id: string; readonly orgId: string | null }
export type PolicyRecord = {
  readonly key: string
  readonly orgId: string | null
  readonly effect: 'allow' | 'deny'
  readonly resourceType: string
  readonly actions: readonly string[]
  readonly roles: readonly string[] | null
  readonly condition: CheckedIr | null
  readonly obligation?: Obligation | null
}

export type PolicyModel = {
  readonly catalog: Catalog
  readonly roles: ReadonlyMap<string, RoleRecord>
  readonly rolesById: ReadonlyMap<string, RoleRecord>
  readonly set: PolicySet
}

/** The platform's roles come first: no organization can take the key of one. */
export function policyModelOf(o: { applications: readonly Application[]; roles: readonly RoleRecord[]; policies: readonly PolicyRecord[] }): PolicyModel {
  const catalog = catalogOf(o.applications)
  const ordered = [...o.roles.filter((role) => role.orgId === null), ...o.roles.filter((role) => role.orgId !== null)]
  const roles = new Map<string, RoleRecord>()
  for (const role of ordered) if (!roles.has(role.key)) roles.set(role.key, role)
  const set = compilePolicySet({
    resourceTypes: resourceTypeSources(catalog),
    roles: [...roles.values()],
    policies: o.policies.map(({ key, orgId, effect, resourceType, actions, roles: forRoles, condition, obligation }) => ({
      key,
      scope: orgId === null ? 'platform' : 'organization',
      effect,
      resourceType,
      actions,
      ...(forRoles === null ? {} : { roles: forRoles }),
      ...(condition === null ? {} : { when: condition }),
      ...(obligation ? { obligation } : {}),
    })),
  })
  return { catalog, roles, rolesById: new Map(o.roles.map((role) => [role.id, role])), set }
}

/** Keys of roles held, by the ids of their assignments; an id without a current role gives nothing. */
export const roleKeysOf = (model: PolicyModel, roleIds: Iterable<string>): string[] => [...roleIds].flatMap((id) => model.rolesById.get(id)?.key ?? [])
