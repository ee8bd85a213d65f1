/**
 * What a person or service account holds, for the rule that nobody grants what they do not hold. Only roles count: a right that depends on a condition
 * is not a right to hand on. An owner answers for the organization, so an owner may also hand on an application's sensitive
 * permissions, which no wildcard covers; whoever receives one has it by name.
 */
import { permissionsOf, type RoleSource } from '@gatehouse/policy/compile/roles'
import type { Catalog } from './catalog.ts'
import { covers } from './ceiling.ts'
import { gatehouse, ownerRole, splitPermission } from './platform.ts'

export type Holdings = {
  readonly permissions: ReadonlySet<string>
  readonly isOwner: boolean
  /** Of the API key they act with: beyond it they may hand on nothing, whatever they hold. */
  readonly ceiling?: ReadonlySet<string> | undefined
}

export function holdingsOf(
  roles: ReadonlyMap<string, RoleSource>,
  held: Iterable<string>,
  ceiling?: Iterable<string>,
): Holdings {
  const keys = [...held]
  return {
    permissions: new Set(keys.flatMap((key) => [...permissionsOf(roles, key)])),
    isOwner: keys.includes(ownerRole),
    ceiling: ceiling && new Set(ceiling),
  }
}

/** Whether the holder may give this permission to somebody else. A wildcard needs that wildcard. */
export function mayGrant(
  holdings: Holdings,
  { permission, catalog }: { permission: string; catalog: Catalog },
): boolean {
  const { resourceType, action } = splitPermission(permission)
  if (holdings.ceiling && !covers(holdings.ceiling, { permission, catalog })) return false
  if (covers(holdings.permissions, { permission, catalog })) return true
  if (action === '*') return false
  const type = catalog.types.get(resourceType)
  // What the catalog no longer knows gives nobody anything.
  if (!type?.actions.has(action)) return true
  return holdings.isOwner && type.application !== gatehouse
}

/** The permissions of these roles that the holder may not give, inherited ones included. */
export function missingFor(
  holdings: Holdings,
  o: { roles: ReadonlyMap<string, RoleSource>; keys: Iterable<string>; catalog: Catalog },
): string[] {
  const wanted = new Set([...o.keys].flatMap((key) => [...permissionsOf(o.roles, key)]))
  return [...wanted].filter((permission) => !mayGrant(holdings, { permission, catalog: o.catalog })).sort()
}
