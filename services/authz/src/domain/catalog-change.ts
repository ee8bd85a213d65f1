/**
 * What a new declaration takes from the catalog, and which policies of others it would leave without what they name.
 * Additions break nothing.
 */
import { attributesRead } from '@gatehouse/policy/analyze/read-attributes'
import type { ConditionSchema } from '@gatehouse/policy/check/schema'
import type { CheckedIr } from '@gatehouse/policy/ir/condition'
import type { Catalog } from './catalog.ts'

/**
 * Of one resource type: `source.name` of attributes that are gone or of another type, and actions that are gone; `all`:
 * the type itself is.
 */
export type TypeLoss = { readonly attributes: ReadonlySet<string>; readonly actions: ReadonlySet<string> } | 'all'
export type CatalogLoss = { readonly types: ReadonlyMap<string, TypeLoss>; readonly roles: ReadonlySet<string> }

export function catalogLoss(
  before: Catalog,
  after: Catalog,
  { rolesBefore, rolesAfter }: { rolesBefore: Iterable<string>; rolesAfter: { has(key: string): boolean } },
): CatalogLoss {
  const types = new Map<string, TypeLoss>()
  for (const [key, type] of before.types) {
    const next = after.types.get(key)
    if (next === undefined) {
      types.set(key, 'all')
      continue
    }
    const attributes = attributesLost(type.schema, next.schema)
    const actions = new Set([...type.actions.keys()].filter((action) => !next.actions.has(action)))
    if (attributes.size + actions.size > 0) types.set(key, { attributes, actions })
  }
  return { types, roles: new Set([...rolesBefore].filter((key) => !rolesAfter.has(key))) }
}

function attributesLost(before: ConditionSchema, after: ConditionSchema): Set<string> {
  const lost = new Set<string>()
  for (const [source, schemas] of Object.entries(before)) {
    const next = after[source as keyof ConditionSchema] ?? {}
    for (const [name, { type }] of Object.entries(schemas))
      if (!Object.hasOwn(next, name) || next[name]?.type !== type) lost.add(`${source}.${name}`)
  }
  return lost
}

type Policy = {
  readonly resourceType: string
  readonly actions: readonly string[]
  readonly roles: readonly string[] | null
  readonly condition: CheckedIr | null
}

/**
 * Whether the policy names something that is lost: a deny would deny nobody or everybody, and an allow would grant
 * nothing.
 */
export function isBrokenBy({ types, roles }: CatalogLoss, policy: Policy): boolean {
  if (policy.roles?.some((key) => roles.has(key))) return true
  const loss = types.get(policy.resourceType)
  if (loss === undefined) return false
  if (loss === 'all' || policy.actions.some((action) => loss.actions.has(action))) return true
  return policy.condition !== null && [...attributesRead(policy.condition)].some((name) => loss.attributes.has(name))
}
