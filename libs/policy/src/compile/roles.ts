/** Roles as they are defined, and what a role amounts to once inheritance is followed. */

/**
 * `type:action`, `type:*` (every action of the type not marked sensitive) or `*:*` (that for every type; the platform's
 * own).
 */
export type Permission = string

export type Scope = 'platform' | 'organization'

export type RoleSource = {
  readonly key: string
  readonly permissions: readonly Permission[]
  /** Keys of roles whose permissions this one has too. A key nobody defined gives nothing. */
  readonly inherits?: readonly string[]
}

/** The role itself and everything it inherits, by key. A cycle ends where it closes. */
export function lineageOf(roles: ReadonlyMap<string, RoleSource>, key: string): ReadonlySet<string> {
  const lineage = new Set<string>()
  const waiting = [key]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const role = roles.get(next)
    if (!role || lineage.has(next)) continue
    lineage.add(next)
    waiting.push(...(role.inherits ?? []))
  }
  return lineage
}

/** The keys along a cycle through `key`, or undefined when its inheritance ends everywhere. */
export function findCycle(roles: ReadonlyMap<string, RoleSource>, key: string): readonly string[] | undefined {
  const finished = new Set<string>()
  const visit = (at: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(at)) return [...path.slice(path.indexOf(at)), at]
    if (finished.has(at)) return undefined
    for (const parent of roles.get(at)?.inherits ?? []) {
      const cycle = visit(parent, [...path, at])
      if (cycle) return cycle
    }
    finished.add(at)
    return undefined
  }
  return visit(key, [])
}

/** Every permission of the role and what it inherits, wildcards unexpanded. */
export function permissionsOf(roles: ReadonlyMap<string, RoleSource>, key: string): ReadonlySet<Permission> {
  const permissions = new Set<Permission>()
  for (const ancestor of lineageOf(roles, key))
    for (const permission of roles.get(ancestor)?.permissions ?? []) permissions.add(permission)
  return permissions
}
