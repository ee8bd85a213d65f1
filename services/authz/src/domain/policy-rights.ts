/**
 * What policies give to roles and read of subjects, for the rule that nobody grants what they do not hold. A policy
 * that names a role is among the rights of that role; a condition that reads `membership.roles` makes rights of
 * whichever role it may ask for.
 */
import { attributesRead } from '@gatehouse/policy/analyze/read-attributes'
import type { PolicySetSource } from '@gatehouse/policy/compile/policy-set'
import { lineageOf, type RoleSource } from '@gatehouse/policy/compile/roles'
import { childrenOf, type CheckedIr, type Node, type TypedAttributeRef } from '@gatehouse/policy/ir/condition'
import { splitPermission } from './platform.ts'

export type PolicyRule = PolicySetSource['policies'][number]
export type RolesAndPolicies = {
  readonly roles: ReadonlyMap<string, RoleSource>
  readonly policies: readonly PolicyRule[]
}

export const permissionsIn = ({ resourceType, actions }: PolicyRule): string[] =>
  actions.map((action) => `${resourceType}:${action}`)

/** Whether what the policy says depends on who asks, beyond the roles it names. */
export function readsSubject({ when }: PolicyRule): boolean {
  if (!when) return false
  for (const name of attributesRead(when)) if (name.startsWith('user.') || name.startsWith('membership.')) return true
  return false
}

/** `source.name` of every attribute that some policy reads. */
export const attributesReadBy = (policies: readonly PolicyRule[]): ReadonlySet<string> =>
  new Set(policies.flatMap(({ when }) => (when ? [...attributesRead(when)] : [])))

/** Every role of these keys with all it inherits. */
export const lineagesOf = (roles: ReadonlyMap<string, RoleSource>, keys: Iterable<string>): ReadonlySet<string> =>
  new Set([...keys].flatMap((key) => [...lineageOf(roles, key)]))

/** Whether the policy names one of these roles. */
export const namesRole = ({ roles }: PolicyRule, lineage: { has(key: string): boolean }): boolean =>
  roles?.some((key) => lineage.has(key)) ?? false

/** Whether its condition may come out otherwise for who holds one of these roles. */
export function asksForRole({ when }: PolicyRule, lineage: ReadonlySet<string>): boolean {
  if (!when) return false
  const asked = rolesAskedFor(when)
  return asked === 'any' ? lineage.size > 0 : asked.some((key) => lineage.has(key))
}

const isRoles = (node: Node<TypedAttributeRef>): boolean =>
  node.kind === 'attribute' && node.source === 'membership' && node.name === 'roles'

const askedForBy = new WeakMap<CheckedIr, string[] | 'any'>()

/**
 * The keys looked for by `"key" in membership.roles`; `any` where it is read in another way. A condition never changes,
 * so it is walked once.
 */
function rolesAskedFor(when: CheckedIr): string[] | 'any' {
  const known = askedForBy.get(when) ?? findRolesAskedFor(when)
  askedForBy.set(when, known)
  return known
}

function findRolesAskedFor(when: CheckedIr): string[] | 'any' {
  const keys: string[] = []
  const isKnown = (node: Node<TypedAttributeRef>): boolean => {
    if (isRoles(node)) return false
    if (node.kind === 'in' && isRoles(node.haystack) && node.needle.kind === 'literal') {
      keys.push(String(node.needle.value))
      return true
    }
    return childrenOf(node).every(isKnown)
  }
  return isKnown(when.root) ? keys : 'any'
}

/** Whether the policy is about this permission, which may be a wildcard. */
export function isAbout({ resourceType, actions }: PolicyRule, permission: string): boolean {
  const { resourceType: type, action } = splitPermission(permission)
  return (type === '*' || type === resourceType) && (action === '*' || actions.includes(action))
}
