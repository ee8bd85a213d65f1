/** Names what a condition could not read. Walked only after a decision turned on it. */
import { readAttribute, type AttributeValues } from '../compile/attributes.ts'
import type { Budget } from '../compile/budget.ts'
import { childrenOf, type CheckedIr, type Node, type TypedAttributeRef } from '../ir/condition.ts'

/** `source.name` of every attribute the condition reads and has no value for; `has()` is an answer, not a miss. */
export function missingAttributes(
  ir: CheckedIr,
  { values, budget }: { readonly values: AttributeValues; readonly budget: Budget },
): readonly string[] {
  const names = new Set<string>()
  const visit = (node: Node<TypedAttributeRef>): void => {
    if (node.kind === 'has') return
    if (node.kind === 'attribute' && readAttribute(values, node, budget) === undefined)
      names.add(`${node.source}.${node.name}`)
    for (const child of childrenOf(node)) visit(child)
  }
  visit(ir.root)
  return [...names]
}
