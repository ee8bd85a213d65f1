/**
 * What a person or service account holds, for the rule that nobody grants what they do not hold. Only roles count: a right that depends on a condition
 * is not a right to hand on. An owner answers for the organization, so an owner may also hand on an application's sensitive
 * permissions, which no wildcard covers; whoever receives one has it by name.
 */
import { permissionsOf, type RoleSource } from '@gatehouse/policy/compile/roles'
import type { Catalog } from './catalog.ts'
import { covers } from './scope.ts'
import { gatehouse, ownerRole, splitPermission } from './platform.ts'

export type Delegable = {
  readonly permissions: ReadonlySet<string>
  readonly isOwner: boolean
  /** Of the API key they act with: beyond it they may hand on nothing, whatever they hold. */
  readonly scope?: ReadonlySet<string> | undefined
}

export function delegableOf(
  roles: ReadonlyMap<string, RoleSource>,
  held: Iterable<string>,
  scope?: Iterable<string>,
): Delegable {
  const keys = [...held]
  return {
    permissions: new Set(keys.flatMap((key) => [...permissionsOf(roles, key)])),
    isOwner: keys.includes(ownerRole),
    scope: scope && new Set(scope),
  }
}

/** Whether the holder may give this permission to somebody else. A wildcard needs that wildcard. */
export function mayDelegate(
  delegable: Delegable,
  { permission, catalog }: { permission: string; catalog: Catalog },
): boolean {
  const { resourceType, action } = splitPermission(permission)
  if (delegable.scope && !covers(delegable.scope, { permission, catalog })) return false
  if (covers(delegable.permissions, { permission, catalog })) return true
  if (action === '*') return false
  const type = catalog.types.get(resourceType)
  // What the catalog no longer knows gives nobody anything.
  if (!type?.actions.has(action)) return true
  return delegable.isOwner && type.application !== gatehouse
}

/** The permissions of these roles that the holder may not give, inherited ones included. */
export function undelegableOf(
  delegable: Delegable,
  o: { roles: ReadonlyMap<string, RoleSource>; keys: Iterable<string>; catalog: Catalog },
): string[] {
  const wanted = new Set([...o.keys].flatMap((key) => [...permissionsOf(o.roles, key)]))
  return [...wanted].filter((permission) => !mayDelegate(delegable, { permission, catalog: o.catalog })).sort()
}
