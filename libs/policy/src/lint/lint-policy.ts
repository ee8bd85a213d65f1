/**
 * What is odd about a policy beside others: rules that can never matter. Only what is certain is told, so no finding is a guess.
 * Each policy it could have to do with is looked at once, and the work is counted: beyond the budget fewer findings are told, never wrong ones.
 */
import { createBudget, isSpent, spend, stepsPerEvaluation, type Budget } from '../compile/budget.ts'
import type { PolicySetSource, PolicySource, ResourceTypeSource } from '../compile/policy-set.ts'
import { lineageOf, type RoleSource } from '../compile/roles.ts'
import { fixedSteps } from '../compile/steps.ts'
import { possibleTruths } from './possible.ts'

/**
 * `shadowed`: another rule of the same effect says all that this one says. `always_denied`: a deny (`by`) holds whenever this allow does.
 * `unreachable`: there is nothing it could be about, or its condition never holds. `not_compared`: there are too many others to look at each.
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

/** @param policy - one of the policies of `source` */
export function lintPolicy(
  policy: PolicySource,
  source: PolicySetSource,
  budget: Budget = createBudget(stepsPerEvaluation),
): PolicyFinding[] {
  spend(budget, source.policies.length)
  const linting: Linting = {
    policy,
    beside: source.policies.filter(
      (other) =>
        other.resourceType === policy.resourceType && policy.actions.every((action) => other.actions.includes(action)),
    ),
    type: source.resourceTypes.find(({ key }) => key === policy.resourceType),
    holders: holdersIn(source.roles, budget),
    budget,
  }
  const why = unreachableBecause(linting)
  const findings = why === undefined ? [...findShadow(linting), ...findDefeat(linting)] : [unreachable(policy, why)]
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

/** The keys of roles that are, or inherit, one of those named; undefined is everybody. */
function holdersIn(sources: readonly RoleSource[], budget: Budget): Holders {
  const roles = new Map(sources.map((role) => [role.key, role]))
  let lineages: ReadonlyMap<string, ReadonlySet<string>> | undefined
  const found = new Map<string, ReadonlySet<string>>()
  return (keys) => {
    if (!keys) return undefined
    const written = JSON.stringify(keys)
    lineages ??= new Map([...roles.keys()].map((key) => [key, lineageOf(roles, key)]))
    const known = found.get(written)
    if (known) return known
    spend(budget, lineages.size)
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
  const possible = possibleTruths(policy.when.root)
  if (policy.effect === 'allow' && !possible.has(true)) return 'its condition never holds, so it allows nothing'
  return policy.effect === 'deny' && possible.size === 1 && possible.has(false)
    ? 'its condition never holds, so it denies nothing'
    : undefined
}

function findShadow(linting: Linting): PolicyFinding[] {
  const { policy, beside } = linting
  const place = beside.indexOf(policy)
  const other = beside.find((candidate, index) => {
    if (candidate === policy || candidate.effect !== policy.effect || !covers(linting, candidate, policy)) return false
    // The holder of a repair role is stopped by the platform's denies only.
    if (policy.effect === 'deny' && policy.scope === 'platform' && candidate.scope === 'organization') return false
    const isMutual =
      covers(linting, policy, candidate) &&
      !(policy.effect === 'deny' && candidate.scope === 'platform' && policy.scope === 'organization')
    return !isMutual || index < place
  })
  if (!other) return []
  const message = `${other.key} says the same for at least as many cases`
  return [{ policy: policy.key, code: 'shadowed', by: other.key, message }]
}

function findDefeat(linting: Linting): PolicyFinding[] {
  const { policy, beside, type } = linting
  if (policy.effect !== 'allow') return []
  const canRepair = type?.repairRole !== undefined
  const deny = beside.find(
    (candidate) =>
      candidate.effect === 'deny' &&
      (candidate.scope === 'platform' || !canRepair) &&
      covers(linting, candidate, policy),
  )
  if (!deny) return []
  return [
    { policy: policy.key, code: 'always_denied', by: deny.key, message: `${deny.key} denies whenever this allows` },
  ]
}

/** Whether `wide` applies wherever `narrow` does. */
function covers({ holders, budget }: Linting, wide: PolicySource, narrow: PolicySource): boolean {
  if (isSpent(budget) || !narrow.actions.every((action) => wide.actions.includes(action))) return false
  const wideHolders = holders(wide.roles)
  const narrowHolders = holders(narrow.roles)
  if (wideHolders && !(narrowHolders && [...narrowHolders].every((key) => wideHolders.has(key)))) return false
  return holdsWherever(wide, narrow, budget)
}

function holdsWherever(wide: PolicySource, narrow: PolicySource, budget: Budget): boolean {
  if (wide.when === undefined) return true
  if (!spend(budget, fixedSteps(wide.when.root))) return false
  const possible = possibleTruths(wide.when.root)
  // A deny that cannot be evaluated denies, so for one it is enough that it is never false.
  if (wide.effect === 'deny' ? !possible.has(false) : possible.size === 1 && possible.has(true)) return true
  return narrow.when !== undefined && isWrittenAlike(wide.when.root, narrow.when.root)
}

/** Whether two conditions are the same but for their places in the text. Most differ at their first node. */
function isWrittenAlike(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return one === other
  const names = Object.keys(one)
  if (names.length !== Object.keys(other).length) return false
  return names.every(
    (name) =>
      name === 'at' ||
      (Object.hasOwn(other, name) && isWrittenAlike(one[name as keyof typeof one], other[name as keyof typeof other])),
  )
}
