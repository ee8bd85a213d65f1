/** Rows as the wire has them. */
import type { ApplicationManifest } from '@gatehouse/contracts/http/authz/catalog'
import type { Assignment } from '@gatehouse/contracts/http/authz/assignments'
import type { Entity } from '@gatehouse/contracts/http/authz/entities'
import type { Group } from '@gatehouse/contracts/http/authz/groups'
import type { Policy, PolicyContent } from '@gatehouse/contracts/http/authz/policies'
import type { ApplicationSimulation, Simulation } from '@gatehouse/contracts/http/authz/simulation'
import type { PolicyDraft, PolicyVersion } from '@gatehouse/contracts/http/authz/policy-lifecycle'
import type { Role, RoleVersion } from '@gatehouse/contracts/http/authz/roles'
import type { Application, Catalog } from '../domain/catalog.ts'
import { coarse, type Flip, type Flips, type Impact } from '../domain/impact.ts'
import { outcomeView } from '../domain/reason-view.ts'
import {
  principalIdOf,
  type AssignmentRow,
  type EntityRow,
  type GroupRow,
  type PolicyDraftRow,
  type RoleRow,
} from '../store/schema.ts'
import type { WrittenPolicyRow } from '../store/policies.ts'

/** The platform's wildcard over every type is shown as what it is at the moment: one wildcard per type. */
export const roleView = (row: RoleRow, types: Pick<Catalog['types'], 'keys'>): Role => ({
  id: row.id,
  key: row.key,
  name: row.name,
  permissions: row.permissions.includes('*:*') ? [...types.keys()].map((type) => `${type}:*`) : row.permissions,
  inherits: row.inherits,
  scope: row.orgId === null ? 'platform' : 'organization',
  created_at: row.createdAt.toISOString(),
})

export const policyContent = (row: WrittenPolicyRow): PolicyContent => ({
  effect: row.effect,
  resource_type: row.resourceType,
  actions: row.actions,
  ...(row.roles === null ? {} : { roles: row.roles }),
  ...(row.whenSource === null ? {} : { when: row.whenSource }),
  ...(row.obligation === null ? {} : { obligation: row.obligation }),
  ...(row.tests === null ? {} : { tests: row.tests }),
})

export const policyView = (row: WrittenPolicyRow): Policy => ({
  id: row.id,
  key: row.key,
  ...policyContent(row),
  version: row.version,
  created_at: row.createdAt.toISOString(),
})

/** Text of the database's own making, to the millisecond that the wire has. */
const instant = (text: string): string => new Date(text).toISOString()
const validityView = (row: { validFrom: string; validTo: string | null }) => ({
  valid_from: instant(row.validFrom),
  valid_to: row.validTo === null ? null : instant(row.validTo),
})

export const roleVersionView = (row: RoleRow, types: Pick<Catalog['types'], 'keys'>): RoleVersion => ({
  ...roleView(row, types),
  version: row.version,
  ...validityView(row),
})

export const policyVersionView = (row: WrittenPolicyRow): PolicyVersion => ({
  ...policyView(row),
  ...validityView(row),
})

export const policyDraftView = (row: PolicyDraftRow, { key }: { key: string }): PolicyDraft => ({
  id: row.policyId,
  key,
  ...row.content,
  saved_at: row.savedAt.toISOString(),
  base_version: row.baseVersion,
})

export const groupView = ({ id, key, name, createdAt }: GroupRow): Group => ({
  id,
  key,
  name,
  created_at: createdAt.toISOString(),
})

/** Undefined for an assignment of a role that is gone: it gives nothing. */
export const assignmentView = (row: AssignmentRow, role: string | undefined): Assignment | undefined =>
  role === undefined
    ? undefined
    : {
        id: row.id,
        principal: { type: row.principalType === 'group' ? 'group' : 'user', id: principalIdOf(row) },
        role,
        ...(row.resourceType === null || row.resourceId === null
          ? {}
          : { resource: { type: row.resourceType, id: row.resourceId } }),
        ...(row.expiresAt === null ? {} : { expires_at: row.expiresAt.toISOString() }),
        given_by: row.givenBy,
        valid_from: instant(row.validFrom),
      }

export const entityView = (row: EntityRow, roles: readonly string[]): Entity => ({
  type: row.type,
  id: row.key,
  attributes: row.attributes,
  roles: [...roles].sort(),
  created_at: row.createdAt.toISOString(),
})

export type ApplicationView = { key: string } & ApplicationManifest
export const applicationView = ({ key, manifest }: Application): ApplicationView => ({ key, ...manifest })

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
