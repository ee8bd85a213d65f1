/** What a change of roles or policies does: the same questions put to both sets. */
import type { AttributeValues } from '../compile/attributes.ts'
import { roleSetOf, type PolicySet } from '../compile/policy-set.ts'
import type { Decision } from '../compile/decision.ts'
import { decide } from '../decide/decide.ts'

/** Roles by key, for their numbers are each set's own. */
export type Question = {
  readonly resourceType: string
  readonly action: string
  readonly roles: readonly string[]
  readonly values: AttributeValues
}

export type Difference<Q extends Question = Question> = {
  readonly question: Q
  readonly change: 'granted' | 'withdrawn' | 'reason'
  readonly before: Decision
  readonly after: Decision
}

/**
 * The questions whose answer changes; with `reasons` also those that keep it for another reason. In the order they were
 * put.
 */
export function diffPolicySets<Q extends Question>(o: {
  readonly before: PolicySet
  readonly after: PolicySet
  readonly questions: Iterable<Q>
  readonly reasons?: boolean
}): Difference<Q>[] {
  const differences: Difference<Q>[] = []
  for (const question of o.questions) {
    const before = answer(o.before, question)
    const after = answer(o.after, question)
    if (before.allowed !== after.allowed)
      differences.push({ question, change: after.allowed ? 'granted' : 'withdrawn', before, after })
    else if (o.reasons && JSON.stringify(before) !== JSON.stringify(after))
      differences.push({ question, change: 'reason', before, after })
  }
  return differences
}

const answer = (set: PolicySet, { resourceType, action, roles, values }: Question): Decision =>
  decide(set, { resourceType, action, roles: roleSetOf(set, roles), values })
