/** What a simulation found, as the wire has it. */
import type { ApplicationSimulation, Simulation } from '@gatehouse/contracts/http/authz/simulation'
import { coarse, type Flip, type Flips, type Impact } from '../domain/impact.ts'
import { outcomeView } from '../domain/reason-view.ts'

/** `isExact`: whether the caller may see whom decisions were about. */
export function simulationView(policy: string, impact: Impact, { isExact }: { isExact: boolean }): Simulation {
  const shown = isExact ? impact : coarse(impact)
  return {
    policy,
    precision: isExact ? 'exact' : 'coarse',
    ...countsView(shown),
    examples: shown.examples.map(exampleView),
  }
}

export const applicationSimulationView = (application: string, impact: Impact): ApplicationSimulation => ({
  application,
  ...countsView(impact),
  examples: impact.examples.map((flip) => ({ organization_id: flip.record.orgId, ...exampleView(flip) })),
})

/** The most that turn round first. */
const countsView = ({ replayed, notReplayable, flips, byOrganization, byRole, byPermission }: Impact) => ({
  replayed,
  not_replayable: notReplayable,
  ...flipsView(flips),
  by_organization: listed(byOrganization).map(([organization_id, count]) => ({ organization_id, ...count })),
  by_role: listed(byRole).map(([role, count]) => ({ role, ...count })),
  by_permission: listed(byPermission).map(([permission, count]) => ({ permission, ...count })),
})

const exampleView = ({ record, before, after }: Flip) => ({
  decided_at: record.decidedAt.toISOString(),
  subject: { type: record.subjectType, id: record.subjectId },
  resource: { type: record.resourceType, id: record.resourceId },
  action: record.action,
  before: { decision: before.allowed, reason: outcomeView(before).reason },
  after: { decision: after.allowed, reason: outcomeView(after).reason },
})

const flipsView = ({ allowed, denied }: Flips) => ({ newly_allowed: allowed, newly_denied: denied })
const listed = (counts: ReadonlyMap<string, Flips>) =>
  [...counts]
    .sort(([, one], [, other]) => other.allowed + other.denied - one.allowed - one.denied)
    .map(([key, flips]) => [key, flipsView(flips)] as const)
