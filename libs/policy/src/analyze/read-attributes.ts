/** Which attributes a decision may depend on: what the policies about it read, in whatever branch. */
import type { PolicySet } from '../compile/policy-set.ts'
import { childrenOf, type CheckedIr, type Node, type TypedAttributeRef } from '../ir/condition.ts'

const attributesOf = new WeakMap<CheckedIr, ReadonlySet<string>>()

/**
 * `source.name` of everything the condition reads; `has()` reads too. A condition never changes, so it is walked once.
 */
export function attributesRead(ir: CheckedIr): ReadonlySet<string> {
  const known = attributesOf.get(ir) ?? attributesIn(ir)
  attributesOf.set(ir, known)
  return known
}

function attributesIn(ir: CheckedIr): ReadonlySet<string> {
  const names = new Set<string>()
  const visit = (node: Node<TypedAttributeRef>): void => {
    if (node.kind === 'attribute') names.add(`${node.source}.${node.name}`)
    childrenOf(node).forEach(visit)
  }
  visit(ir.root)
  return names
}

/** The same of all policies about one action on one resource type. */
export function attributesDecidedOn(
  set: PolicySet,
  { resourceType, action }: { readonly resourceType: string; readonly action: string },
): ReadonlySet<string> {
  const rules = set.types.get(resourceType)?.get(action)
  return new Set(
    [...(rules?.allows ?? []), ...(rules?.denies ?? [])].flatMap(({ when }) => (when ? [...attributesRead(when)] : [])),
  )
}
