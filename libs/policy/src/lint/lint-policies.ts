/** What is odd about policies together: rules that can never matter. Only what is certain is told, so no finding is a guess. */
import type { PolicySetSource, PolicySource, ResourceTypeSource } from '../compile/policy-set.ts'
import { lineageOf, type RoleSource } from '../compile/roles.ts'
import { possibleTruths } from './possible.ts'

/**
 * `shadowed`: another rule of the same effect says all that this one says. `always_denied`: a deny (`by`) holds whenever this allow does.
 * `unreachable`: there is nothing it could be about, or its condition never holds.
 */
export type PolicyFinding = {
  readonly policy: string
  readonly code: 'shadowed' | 'always_denied' | 'unreachable'
  readonly by?: string
  readonly message: string
}

type Linting = {
  readonly source: PolicySetSource
  readonly types: ReadonlyMap<string, ResourceTypeSource>
  readonly holders: (keys: readonly string[] | undefined) => ReadonlySet<string> | undefined
}

export function lintPolicies(source: PolicySetSource): PolicyFinding[] {
  const linting: Linting = {
    source,
    types: new Map(source.resourceTypes.map((type) => [type.key, type])),
    holders: holdersIn(source.roles),
  }
  return source.policies.flatMap((policy, index) => {
    const why = unreachableBecause(policy, linting)
    if (why !== undefined) return [{ policy: policy.key, code: 'unreachable' as const, message: why }]
    return [...findShadow(policy, { index, linting }), ...findDefeat(policy, linting)]
  })
}

/** The keys of roles that are, or inherit, one of those named; undefined is everybody. */
function holdersIn(sources: readonly RoleSource[]): Linting['holders'] {
  const roles = new Map(sources.map((role) => [role.key, role]))
  const lineages = new Map([...roles.keys()].map((key) => [key, lineageOf(roles, key)]))
  return (keys) =>
    keys && new Set([...lineages].flatMap(([key, lineage]) => (keys.some((named) => lineage.has(named)) ? [key] : [])))
}

function unreachableBecause(policy: PolicySource, { types, holders }: Linting): string | undefined {
  const type = types.get(policy.resourceType)
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

function findShadow(policy: PolicySource, { index, linting }: { index: number; linting: Linting }): PolicyFinding[] {
  const other = linting.source.policies.find((candidate, place) => {
    if (candidate === policy || candidate.effect !== policy.effect || !covers(candidate, policy, linting)) return false
    // The holder of a repair role is stopped by the platform's denies only.
    if (policy.effect === 'deny' && policy.scope === 'platform' && candidate.scope === 'organization') return false
    const isMutual =
      covers(policy, candidate, linting) &&
      !(policy.effect === 'deny' && candidate.scope === 'platform' && policy.scope === 'organization')
    return !isMutual || place < index
  })
  return other
    ? [
        {
          policy: policy.key,
          code: 'shadowed',
          by: other.key,
          message: `${other.key} says the same for at least as many cases`,
        },
      ]
    : []
}

function findDefeat(policy: PolicySource, linting: Linting): PolicyFinding[] {
  if (policy.effect !== 'allow') return []
  const canRepair = linting.types.get(policy.resourceType)?.repairRole !== undefined
  const deny = linting.source.policies.find(
    (candidate) =>
      candidate.effect === 'deny' &&
      (candidate.scope === 'platform' || !canRepair) &&
      covers(candidate, policy, linting),
  )
  return deny
    ? [{ policy: policy.key, code: 'always_denied', by: deny.key, message: `${deny.key} denies whenever this allows` }]
    : []
}

/** Whether `wide` applies wherever `narrow` does. */
function covers(wide: PolicySource, narrow: PolicySource, { holders }: Linting): boolean {
  if (wide.resourceType !== narrow.resourceType || !narrow.actions.every((action) => wide.actions.includes(action)))
    return false
  const wideHolders = holders(wide.roles)
  const narrowHolders = holders(narrow.roles)
  if (wideHolders && !(narrowHolders && [...narrowHolders].every((key) => wideHolders.has(key)))) return false
  return holdsWherever(wide, narrow)
}

function holdsWherever(wide: PolicySource, narrow: PolicySource): boolean {
  if (wide.when === undefined) return true
  const possible = possibleTruths(wide.when.root)
  // A deny that cannot be evaluated denies, so for one it is enough that it is never false.
  if (wide.effect === 'deny' ? !possible.has(false) : possible.size === 1 && possible.has(true)) return true
  return narrow.when !== undefined && formOf(wide.when.root) === formOf(narrow.when.root)
}

/** The condition without its places: two that were written alike are alike. */
const formOf = (node: unknown): string =>
  JSON.stringify(node, (key, value: unknown) => (key === 'at' ? undefined : value))
