/**
 * Whether a set of permissions covers one: by name, or by a wildcard, which never covers what is marked sensitive.
 * Pure.
 */
import type { Catalog } from './catalog.ts'
import { splitPermission } from './platform.ts'

export function covers(
  permissions: ReadonlySet<string>,
  { permission, catalog }: { permission: string; catalog: Catalog },
): boolean {
  if (permissions.has(permission)) return true
  const { resourceType, action } = splitPermission(permission)
  if (action === '*') return permissions.has('*:*')
  const known = catalog.types.get(resourceType)?.actions.get(action)
  return known?.sensitive === false && (permissions.has(`${resourceType}:*`) || permissions.has('*:*'))
}

/** What both sets give: the permissions of each that the other covers. */
export const overlapOf = (one: ReadonlySet<string>, other: ReadonlySet<string>, catalog: Catalog): string[] => [
  ...new Set([
    ...[...one].filter((permission) => covers(other, { permission, catalog })),
    ...[...other].filter((permission) => covers(one, { permission, catalog })),
  ]),
]
