/**
 * What a change of the rules would have meant: recorded decisions, decided again by the rules in force and by those
 * that might be. Pure. A decision that may turn on something that was left out of its record is counted, never guessed.
 */
import { attributesDecidedOn } from '@gatehouse/policy/analyze/read-attributes'
import { roleSetOf, type PolicySet } from '@gatehouse/policy/compile/policy-set'
import type { Decision } from '@gatehouse/policy/compile/decision'
import { createBudget, stepsPerEvaluation, stepsTaken } from '@gatehouse/policy/compile/budget'
import { decide } from '@gatehouse/policy/decide/decide'
import type { RecordedDecision } from './recorded-decision.ts'

export type Flips = { allowed: number; denied: number }
/** A decision that would turn round. */
export type Flip = { readonly record: RecordedDecision; readonly before: Decision; readonly after: Decision }

export type Impact = {
  replayed: number
  notReplayable: number
  readonly flips: Flips
  readonly byOrganization: Map<string, Flips>
  readonly byRole: Map<string, Flips>
  readonly byPermission: Map<string, Flips>
  /** Whom the flips of each kind are about. */
  readonly subjects: { readonly allowed: Set<string>; readonly denied: Set<string> }
  /** The newest of each kind. */
  readonly examples: Flip[]
}

const mostExamples = 20

/** The rules in force and those that might be, of one organization. */
export type RulesChange = {
  readonly before: PolicySet
  readonly after: PolicySet
  readonly readsOf: (record: RecordedDecision) => ReadonlySet<string>
}
export const rulesChange = (before: PolicySet, after: PolicySet): RulesChange => ({
  before,
  after,
  readsOf: rememberReads([before, after]),
})

export type ImpactCount = {
  /** Returns the steps it took. */
  add(record: RecordedDecision, change: RulesChange): number
  readonly impact: Impact
}

/** Steps of counting a decision, beside deciding it twice. */
const stepsPerRecord = 200

export function countImpact(): ImpactCount {
  const impact: Impact = {
    replayed: 0,
    notReplayable: 0,
    flips: { allowed: 0, denied: 0 },
    byOrganization: new Map(),
    byRole: new Map(),
    byPermission: new Map(),
    subjects: { allowed: new Set(), denied: new Set() },
    examples: [],
  }
  return {
    impact,
    add(record, { before, after, readsOf }) {
      const reads = record.withheld.length === 0 ? undefined : readsOf(record)
      if (reads && record.withheld.some((name) => reads.has(name))) {
        impact.notReplayable += 1
        return stepsPerRecord
      }
      impact.replayed += 1
      const was = decideAgain(before, record)
      const is = decideAgain(after, record)
      const flip = { record, before: was.decision, after: is.decision }
      if (flip.before.allowed !== flip.after.allowed) note(impact, flip)
      return stepsPerRecord + was.steps + is.steps
    },
  }
}

function decideAgain(
  set: PolicySet,
  { resourceType, action, roles, attributes }: RecordedDecision,
): { decision: Decision; steps: number } {
  const budget = createBudget(stepsPerEvaluation)
  const decision = decide(set, { resourceType, action, roles: roleSetOf(set, roles), values: attributes }, budget)
  return { decision, steps: stepsTaken(budget) }
}

function note(impact: Impact, flip: Flip): void {
  const { record, after } = flip
  const kind = after.allowed ? 'allowed' : 'denied'
  const count = (map: Map<string, Flips>, key: string): void => {
    const flips = map.get(key) ?? { allowed: 0, denied: 0 }
    flips[kind] += 1
    map.set(key, flips)
  }
  impact.flips[kind] += 1
  impact.subjects[kind].add(JSON.stringify([record.subjectType, record.subjectId]))
  count(impact.byOrganization, record.orgId)
  count(impact.byPermission, `${record.resourceType}:${record.action}`)
  for (const role of new Set(record.roles)) count(impact.byRole, role)
  if (impact.flips[kind] <= mostExamples / 2) impact.examples.push(flip)
}

/** What decisions about an action may read, in either set. */
function rememberReads(sets: readonly PolicySet[]): (record: RecordedDecision) => ReadonlySet<string> {
  const known = new Map<string, ReadonlySet<string>>()
  return (record) => {
    const key = `${record.resourceType}:${record.action}`
    const reads = known.get(key) ?? new Set(sets.flatMap((set) => [...attributesDecidedOn(set, record)]))
    known.set(key, reads)
    return reads
  }
}

/** Below so many, a count would tell of single people. */
export const leastCount = 10

/**
 * An impact for who may not see whom decisions were about: no examples, and every count rounded down to a multiple of
 * `leastCount`, so that two policies that differ by one person have the same counts. A kind of flip that concerns fewer
 * people than that is not counted.
 */
export function coarse(impact: Impact): Impact {
  const ofMany = {
    allowed: impact.subjects.allowed.size >= leastCount,
    denied: impact.subjects.denied.size >= leastCount,
  }
  const rounded = ({ allowed, denied }: Flips): Flips => ({
    allowed: ofMany.allowed ? roundedDown(allowed) : 0,
    denied: ofMany.denied ? roundedDown(denied) : 0,
  })
  const roundedAll = (counts: ReadonlyMap<string, Flips>): Map<string, Flips> =>
    new Map(
      [...counts].flatMap(([key, flips]) => {
        const kept = rounded(flips)
        return kept.allowed + kept.denied === 0 ? [] : [[key, kept]]
      }),
    )
  return {
    ...impact,
    replayed: roundedDown(impact.replayed),
    notReplayable: roundedDown(impact.notReplayable),
    flips: rounded(impact.flips),
    byOrganization: roundedAll(impact.byOrganization),
    byRole: roundedAll(impact.byRole),
    byPermission: roundedAll(impact.byPermission),
    examples: [],
  }
}

const roundedDown = (count: number): number => count - (count % leastCount)

/** The share of replayed decisions that would turn round. */
export const shareOf = ({ replayed, flips }: Impact): number =>
  replayed === 0 ? 0 : (flips.allowed + flips.denied) / replayed
