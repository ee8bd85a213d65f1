/** Names what conditions could not read. Looked up only after a decision turned on it. */
import { readAttribute, type AttributeValues } from '../compile/attributes.ts'
import { isSpent, spend, type Budget } from '../compile/budget.ts'
import type { CompiledPolicy } from '../compile/policy-set.ts'
import { childrenOf, type CheckedIr, type Node, type TypedAttributeRef } from '../ir/condition.ts'

/**
 * Steps that naming may take, which count like those of the decision. Once they are taken, what was found so far is
 * told.
 */
const stepsToName = 20_000

/**
 * `source.name` of every attribute without which this policy or one of the others cannot be evaluated, each once, in
 * the order they are met. `has()` is an answer, not a miss.
 * @param o.others - those that may be unknown as well; the policy may be among them
 */
export function missingAttributes(
  policy: CompiledPolicy,
  o: { readonly others: readonly CompiledPolicy[]; readonly values: AttributeValues; readonly budget: Budget },
): readonly string[] {
  const { values, budget } = o
  const naming: Budget = { ...budget, left: stepsToName }
  const isMissing = new Map<string, boolean>()
  const name = (condition: CheckedIr): void => {
    for (const ref of attributesRead(condition)) {
      const written = `${ref.source}.${ref.name}`
      if (!isMissing.has(written)) isMissing.set(written, readAttribute(values, ref, budget) === undefined)
    }
  }
  if (policy.when) name(policy.when)
  for (const { when, condition } of o.others) {
    if (!when || !condition || !spend(naming, 1)) continue
    if (condition(values, naming) === undefined && !isSpent(naming)) name(when)
  }
  budget.left -= stepsToName - Math.max(0, naming.left)
  return [...isMissing].flatMap(([written, missing]) => (missing ? [written] : []))
}

/** Conditions never change, so each is walked once. */
const known = new WeakMap<CheckedIr, readonly TypedAttributeRef[]>()

function attributesRead(condition: CheckedIr): readonly TypedAttributeRef[] {
  const found = known.get(condition)
  if (found) return found
  const refs = new Map<string, TypedAttributeRef>()
  const visit = (node: Node<TypedAttributeRef>): void => {
    if (node.kind === 'has') return
    if (node.kind === 'attribute') refs.set(`${node.source}.${node.name}`, node)
    for (const child of childrenOf(node)) visit(child)
  }
  visit(condition.root)
  const read = [...refs.values()]
  known.set(condition, read)
  return read
}
