/** Whether a role can be defined so: permissions the catalog knows, roles that exist and can be inherited, no cycle. */
import { findCycle, type RoleSource } from '@gatehouse/policy/compile/roles'
import { knowsPermission, type Catalog } from './catalog.ts'
import { isAssignable } from './platform.ts'

export type RoleDefinition = {
  readonly key: string
  readonly permissions: readonly string[]
  readonly inherits: readonly string[]
}
/** `path` is a JSON pointer into the definition. */
export type DefinitionError = { path: string; message: string }

/** @param o.others - every other role in reach, by key; the definition itself replaces one of the same key */
export function checkRoleDefinition(
  role: RoleDefinition,
  o: { catalog: Catalog; others: ReadonlyMap<string, RoleSource> },
): DefinitionError[] {
  const errors: DefinitionError[] = []
  role.permissions.forEach((permission, index) => {
    if (!knowsPermission(o.catalog, permission))
      errors.push({ path: `/permissions/${index}`, message: `${permission} is not in the catalog` })
  })
  const roles = new Map(o.others).set(role.key, role)
  role.inherits.forEach((parent, index) => {
    if (!roles.has(parent) || !isAssignable(parent))
      errors.push({ path: `/inherits/${index}`, message: `${parent} is not a role that can be inherited` })
  })
  const cycle = findCycle(roles, role.key)
  if (cycle) errors.push({ path: '/inherits', message: `roles would inherit in a circle: ${cycle.join(' → ')}` })
  return errors
}
