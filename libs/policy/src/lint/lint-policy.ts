/**
 * What is odd about a policy beside others: rules that can never matter. Only what is certain is told, so no finding is
 * a guess. Each policy it could have to do with is looked at once, and the work is counted: beyond the budget fewer
 * findings are told, never wrong ones.
 */
import { createBudget, isSpent, spend, type Budget } from '../compile/budget.ts'
import type { PolicySetSource, PolicySource, ResourceTypeSource } from '../compile/policy-set.ts'
import { lineageOf, type RoleSource } from '../compile/roles.ts'
import { fixedSteps } from '../compile/steps.ts'
import { finish, meterOf, type Work } from '../compile/work.ts'
import { possibleTruths } from './possible.ts'

/**
 * `shadowed`: another rule of the same effect says all that this one says. `always_denied`: a deny (`by`) holds
 * whenever this allow does. `unreachable`: there is nothing it could be about, or its condition never holds.
 * `not_compared`: there are too many others to look at each.
 */
export type PolicyFinding = {
  readonly policy: string
  readonly code: 'shadowed' | 'always_denied' | 'unreachable' | 'not_compared'
  readonly by?: string
  readonly message: string
}

type Linting = {
  readonly policy: PolicySource
  /** Those it could have to do with: about the same type and at least its actions. It is one of them. */
  readonly beside: readonly PolicySource[]
  readonly type: ResourceTypeSource | undefined
  readonly holders: Holders
  readonly budget: Budget
}
type Holders = (keys: readonly string[] | undefined) => ReadonlySet<string> | undefined

/** Steps the advice about one policy may take: enough for hundreds of conditions of the greatest length. */
export const stepsPerLint = 2_000_000

/** @param policy - one of the policies of `source` */
export const lintPolicy = (policy: PolicySource, source: PolicySetSource, budget?: Budget): PolicyFinding[] =>
  finish(linting(policy, source, budget))

/** `lintPolicy` in parts: one for each policy it is held against. */
export function* linting(
  policy: PolicySource,
  source: PolicySetSource,
  budget: Budget = createBudget(stepsPerLint),
): Work<PolicyFinding[]> {
  const meter = meterOf(budget)
  spend(budget, source.policies.length)
  const context: Linting = {
    policy,
    beside: source.policies.filter(
      (other) =>
        other.resourceType === policy.resourceType && policy.actions.every((action) => other.actions.includes(action)),
    ),
    type: source.resourceTypes.find(({ key }) => key === policy.resourceType),
    holders: holdersIn(source.roles, budget),
    budget,
  }
  const why = unreachableBecause(context)
  yield meter()
  const findings =
    why === undefined ? [...(yield* findShadow(context)), ...(yield* findDefeat(context))] : [unreachable(policy, why)]
  return isSpent(budget) ? [...findings, notCompared(policy)] : findings
}

const unreachable = ({ key }: PolicySource, message: string): PolicyFinding => ({
  policy: key,
  code: 'unreachable',
  message,
})
const notCompared = ({ key }: PolicySource): PolicyFinding => ({
  policy: key,
  code: 'not_compared',
  message: 'there are too many policies about its actions to compare it with each of them',
})

const stepsPerRole = 2

/** The keys of roles that are, or inherit, one of those named; undefined is everybody. */
function holdersIn(sources: readonly RoleSource[], budget: Budget): Holders {
  const roles = new Map(sources.map((role) => [role.key, role]))
  let lineages: ReadonlyMap<string, ReadonlySet<string>> | undefined
  const found = new Map<string, ReadonlySet<string>>()
  return (keys) => {
    if (!keys) return undefined
    const written = JSON.stringify(keys)
    if (!lineages) {
      lineages = new Map([...roles.keys()].map((key) => [key, lineageOf(roles, key)]))
      for (const lineage of lineages.values()) spend(budget, stepsPerRole * lineage.size)
    }
    const known = found.get(written)
    if (known) return known
    spend(budget, lineages.size * keys.length)
    const holding = [...lineages].flatMap(([key, lineage]) => (keys.some((named) => lineage.has(named)) ? [key] : []))
    const holders = new Set(holding)
    found.set(written, holders)
    return holders
  }
}

function unreachableBecause({ policy, type, holders }: Linting): string | undefined {
  if (!type) return `there is no resource type ${policy.resourceType}`
  if (!policy.actions.some((action) => type.actions.some(({ name }) => name === action)))
    return `${policy.resourceType} has none of its actions`
  if (holders(policy.roles)?.size === 0) return 'nobody can hold any of its roles'
  if (policy.when === undefined) return undefined
  const truths = possibleTruths(policy.when.root)
  if (policy.effect === 'allow' && !truths.has(true)) return 'its condition never holds, so it allows nothing'
  return policy.effect === 'deny' && truths.size === 1 && truths.has(false)
    ? 'its condition never holds, so it denies nothing'
    : undefined
}

function* findShadow(linting: Linting): Work<PolicyFinding[]> {
  const { policy, beside, budget } = linting
  const meter = meterOf(budget)
  const place = beside.indexOf(policy)
  for (const [index, other] of beside.entries()) {
    if (isSpent(budget)) break
    const shadows = other !== policy && other.effect === policy.effect && isShadow(linting, other, index < place)
    yield meter()
    if (!shadows) continue
    const message = `${other.key} says the same for at least as many cases`
    return [{ policy: policy.key, code: 'shadowed', by: other.key, message }]
  }
  return []
}

function isShadow(linting: Linting, other: PolicySource, isFirst: boolean): boolean {
  const { policy } = linting
  if (!covers(linting, other, policy)) return false
  // The holder of a repair role is stopped by the platform's denies only.
  if (policy.effect === 'deny' && policy.scope === 'platform' && other.scope === 'organization') return false
  const isMutual =
    covers(linting, policy, other) &&
    !(policy.effect === 'deny' && other.scope === 'platform' && policy.scope === 'organization')
  return !isMutual || isFirst
}

function* findDefeat(linting: Linting): Work<PolicyFinding[]> {
  const { policy, beside, type, budget } = linting
  if (policy.effect !== 'allow') return []
  const meter = meterOf(budget)
  const canRepair = type?.repairRole !== undefined
  for (const deny of beside) {
    if (isSpent(budget)) break
    const defeats = deny.effect === 'deny' && (deny.scope === 'platform' || !canRepair) && covers(linting, deny, policy)
    yield meter()
    if (!defeats) continue
    const message = `${deny.key} denies whenever this allows`
    return [{ policy: policy.key, code: 'always_denied', by: deny.key, message }]
  }
  return []
}

/** Whether `wide` applies wherever `narrow` does. */
function covers({ holders, budget }: Linting, wide: PolicySource, narrow: PolicySource): boolean {
  if (isSpent(budget) || !narrow.actions.every((action) => wide.actions.includes(action))) return false
  const wideHolders = holders(wide.roles)
  const narrowHolders = holders(narrow.roles)
  if (wideHolders && !(narrowHolders && [...narrowHolders].every((key) => wideHolders.has(key)))) return false
  return holdsWherever(wide, narrow, budget)
}

/** What a condition may come out as takes some times what evaluating it takes; it is found out once for each. */
const stepsToPossible = 20
const possible = new WeakMap<object, ReturnType<typeof possibleTruths>>()

function possibleOnce({ root }: NonNullable<PolicySource['when']>, budget: Budget): ReturnType<typeof possibleTruths> {
  const known = possible.get(root)
  if (known) return known
  if (!spend(budget, stepsToPossible * fixedSteps(root))) return new Set()
  const found = possibleTruths(root)
  possible.set(root, found)
  return found
}

function holdsWherever(wide: PolicySource, narrow: PolicySource, budget: Budget): boolean {
  if (wide.when === undefined) return true
  const truths = possibleOnce(wide.when, budget)
  if (isSpent(budget)) return false
  // A deny that cannot be evaluated denies, so for one it is enough that it is never false.
  if (wide.effect === 'deny' ? !truths.has(false) : truths.size === 1 && truths.has(true)) return true
  return narrow.when !== undefined && isWrittenAlike(wide.when.root, narrow.when.root, budget)
}

const stepsPerPart = 10

/** Whether two conditions are the same but for their places in the text. Most differ at their first node. */
function isWrittenAlike(one: unknown, other: unknown, budget: Budget): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return one === other
  const names = Object.keys(one)
  if (!spend(budget, stepsPerPart) || names.length !== Object.keys(other).length) return false
  return names.every(
    (name) =>
      name === 'at' ||
      (Object.hasOwn(other, name) &&
        isWrittenAlike(one[name as keyof typeof one], other[name as keyof typeof other], budget)),
  )
}
