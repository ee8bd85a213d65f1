/** Questions about the model, made so that roles, allowing and denying policies all get to decide. */
import { resourceFrom, type Holder, type Model } from './model.ts'
import { judge, type Question, type Verdict } from './oracle.ts'
import { randomFrom, type Random } from '@gatehouse/test-kit/random'

export type Judged = Question & { readonly verdict: Verdict }

/**
 * Three in ten about a permission the holder has by a role, the others about something a policy speaks of, whoever it
 * is for.
 */
export function createQuestions(
  model: Model,
  o: { seed: number; count: number; holderOf?: (index: number, random: Random) => Holder },
): Judged[] {
  const random = randomFrom(o.seed)
  const holderOf = o.holderOf ?? (() => random.pick(model.holders))
  const permissionsOf = new Map(model.roles.map((role) => [role.key, role.permissions]))
  return Array.from({ length: o.count }, (_, index) => {
    const holder = holderOf(index, random)
    const held = random.chance(30) ? random.pick(permissionsOf.get(random.pick(holder.roles)) ?? []) : undefined
    const policy = random.pick(model.policies)
    const type = held === undefined ? policy.type : model.types.find((key) => held.startsWith(`${key}:`))
    const action =
      held === undefined ? random.pick(policy.actions) : model.actions.find((name) => held.endsWith(`:${name}`))
    if (type === undefined || action === undefined) throw new Error(`${held} is not a permission of the model`)
    const question = {
      holder,
      action,
      resource: resourceFrom(random, { type, id: `r${index}`, holder, holders: model.holders }),
    }
    return { ...question, verdict: judge(model, question) }
  })
}

/**
 * How often each policy had a say and what the answers were; a workload in which something never decides compares
 * nothing.
 */
export function coverageOf(questions: readonly Judged[]): {
  allowed: number
  refused: number
  decisive: Record<string, number>
} {
  const decisive: Record<string, number> = {}
  const count = (key: string): void => void (decisive[key] = (decisive[key] ?? 0) + 1)
  for (const { verdict } of questions) {
    if (verdict.granting.length > 0 && verdict.denying.length === 0) count('role')
    if (verdict.granting.length === 0 && verdict.denying.length === 0) verdict.allowing.forEach(count)
    if (verdict.granting.length + verdict.allowing.length > 0) verdict.denying.forEach(count)
  }
  const allowed = questions.filter(({ verdict }) => verdict.allowed).length
  return { allowed, refused: questions.length - allowed, decisive }
}
