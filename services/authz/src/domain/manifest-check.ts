/** Whether an organization can be brought to a document, and what whoever does it must hold. Only what changes is asked about. */
import type { AuthorizationManifest, ManifestChange } from '@gatehouse/contracts/http/authz/authorization-manifest'
import type { RoleSource } from '@gatehouse/policy/compile/roles'
import type { CheckedIr } from '@gatehouse/policy/ir/condition'
import type { Catalog } from './catalog.ts'
import { missingToChangePolicy, missingToGive, missingToRedefine, missingToTake, type Delegable } from './delegable.ts'
import { assignmentKey, repeatedKeys, type FullManifest } from './manifest-diff.ts'
import { isAssignable } from './platform.ts'
import { checkPolicyDefinition, type ParsedBefore } from './policy-definition.ts'
import type { PolicyRule } from './policy-rights.ts'
import { checkRoleDefinition, type DefinitionError } from './role-definition.ts'

export type ManifestStep = {
  readonly current: FullManifest
  readonly wanted: FullManifest
  readonly changes: readonly ManifestChange[]
  readonly catalog: Catalog
  /** Roles in reach before and after, by key; the platform's are in both. */
  readonly rolesBefore: ReadonlyMap<string, RoleSource>
  readonly rolesAfter: ReadonlyMap<string, RoleSource>
  /** Policies in reach before, the platform's among them. */
  readonly policiesBefore: readonly PolicyRule[]
}

export type StepCheck = {
  readonly errors: DefinitionError[]
  readonly policyErrors: DefinitionError[]
  readonly conditions: ReadonlyMap<string, CheckedIr>
}
type Around = {
  readonly given: AuthorizationManifest
  readonly platformRoles: { has(key: string): boolean }
  readonly members: { has(userId: string): boolean }
  readonly nowMs: number
  readonly parsed?: ParsedBefore | undefined
}

/** @param around.given - the document as it was sent, which the paths of errors point into */
export function checkStep(step: ManifestStep, around: Around): StepCheck {
  const changed = changedKeys(step.changes)
  const policyErrors: DefinitionError[] = []
  const conditions = new Map<string, CheckedIr>()
  around.given.policies?.forEach((policy, index) => {
    if (!changed.has(`policies ${policy.key}`)) return
    const checked = checkPolicyDefinition(policy, {
      catalog: step.catalog,
      roles: step.rolesAfter,
      parsed: around.parsed,
    })
    if (!checked.ok)
      policyErrors.push(...checked.errors.map((error) => ({ ...error, path: `/policies/${index}${error.path}` })))
    else if (checked.condition) conditions.set(policy.key, checked.condition)
  })
  return {
    errors: [
      ...repeatedKeys(around.given),
      ...roleErrors(step, around),
      ...groupErrors(step, around),
      ...assignmentErrors(step, { around, changed }),
    ],
    policyErrors,
    conditions,
  }
}

const changedKeys = (changes: readonly ManifestChange[]): ReadonlySet<string> =>
  new Set(changes.map(({ part, key }) => `${part} ${key}`))

function roleErrors(
  { catalog, rolesAfter, changes }: ManifestStep,
  { given, platformRoles }: Around,
): DefinitionError[] {
  const changed = changedKeys(changes)
  return (given.roles ?? []).flatMap((role, index) => {
    const at = `/roles/${index}`
    if (platformRoles.has(role.key)) return [{ path: `${at}/key`, message: `${role.key} is a role of the platform` }]
    // What the catalog no longer knows may stay in a role that is not touched.
    const permissions = changed.has(`roles ${role.key}`) ? role.permissions : []
    return checkRoleDefinition(
      { key: role.key, permissions, inherits: role.inherits ?? [] },
      { catalog, others: rolesAfter },
    ).map((error) => ({ ...error, path: `${at}${error.path}` }))
  })
}

function groupErrors({ current }: ManifestStep, { given, members }: Around): DefinitionError[] {
  const before = new Map(current.groups.map((group) => [group.key, new Set(group.members)]))
  return (given.groups ?? []).flatMap((group, index) =>
    group.members.flatMap((userId, place) =>
      members.has(userId) || before.get(group.key)?.has(userId)
        ? []
        : [{ path: `/groups/${index}/members/${place}`, message: 'is no member of the organization' }],
    ),
  )
}

function assignmentErrors(
  { wanted, catalog, rolesAfter }: ManifestStep,
  { around, changed }: { around: Around; changed: ReadonlySet<string> },
): DefinitionError[] {
  const groups = new Set(wanted.groups.map(({ key }) => key))
  return (around.given.assignments ?? []).flatMap((assignment, index) => {
    const { principal, role, resource, expires_at: end } = assignment
    const isNews = changed.has(`assignments ${assignmentKey(assignment)}`)
    const isThere = 'user' in principal ? !isNews || around.members.has(principal.user) : groups.has(principal.group)
    return [
      ...(isThere ? [] : [{ path: '/principal', message: 'is nobody here' }]),
      ...(rolesAfter.has(role) && isAssignable(role)
        ? []
        : [{ path: '/role', message: `${role} is not a role that can be given here` }]),
      ...(!isNews || resource === undefined || catalog.types.has(resource.type)
        ? []
        : [{ path: '/resource/type', message: `${resource.type} is not in the catalog` }]),
      ...(!isNews || end === undefined || Date.parse(end) > around.nowMs
        ? []
        : [{ path: '/expires_at', message: 'must lie ahead' }]),
    ].map((error) => ({ ...error, path: `/assignments/${index}${error.path}` }))
  })
}

/** Permissions that would be given, taken or freed by somebody who does not hold them, or for longer than they hold them. */
export function missingForStep(
  step: ManifestStep,
  { delegable, conditions, nowMs }: { delegable: Delegable; conditions: StepCheck['conditions']; nowMs: number },
): string[] {
  const { catalog, changes, current, wanted } = step
  const before = { roles: step.rolesBefore, policies: step.policiesBefore }
  const after = { roles: step.rolesAfter, policies: policiesAfter(step, conditions) }
  const own = (policies: readonly PolicyRule[], key: string): PolicyRule | undefined =>
    policies.find((policy) => policy.scope === 'organization' && policy.key === key)
  const missing = changes.flatMap(({ part, key }) => {
    if (part === 'roles') return missingToRedefine(delegable, { before, after, catalog }, key)
    if (part === 'policies')
      return missingToChangePolicy(delegable, {
        catalog,
        before: own(before.policies, key),
        after: own(after.policies, key),
      })
    const given = assignmentsTouchedBy({ part, key }, wanted)
    const taken = assignmentsTouchedBy({ part, key }, current)
    return [
      ...given.flatMap(({ role, expires_at: end }) => {
        const untilMs = end === undefined ? Infinity : Date.parse(end)
        return untilMs <= nowMs ? [] : missingToGive(delegable, { model: after, catalog }, { keys: [role], untilMs })
      }),
      ...missingToTake(
        delegable,
        { model: before, catalog },
        taken.map(({ role }) => role),
      ),
    ]
  })
  return [...new Set(missing)].sort()
}

/** Those the document does not change keep the condition they have. */
function policiesAfter(
  { policiesBefore, wanted, changes }: ManifestStep,
  conditions: StepCheck['conditions'],
): PolicyRule[] {
  const changed = new Set(changes.flatMap(({ part, key }) => (part === 'policies' ? [key] : [])))
  const platform = policiesBefore.filter(({ scope }) => scope === 'platform')
  const own = new Map(
    policiesBefore.flatMap((policy) => (policy.scope === 'organization' ? [[policy.key, policy]] : [])),
  )
  return [
    ...platform,
    ...wanted.policies.flatMap((policy) => {
      const known = own.get(policy.key)
      if (known && !changed.has(policy.key)) return [known]
      const when = conditions.get(policy.key)
      return [
        {
          key: policy.key,
          scope: 'organization' as const,
          effect: policy.effect,
          resourceType: policy.resource_type,
          actions: policy.actions,
          ...(policy.roles && { roles: policy.roles }),
          ...(when && { when }),
        },
      ]
    }),
  ]
}

/** Of a group, whose members change or whose end takes it from them: every assignment of it. */
const assignmentsTouchedBy = (
  { part, key }: Pick<ManifestChange, 'part' | 'key'>,
  { assignments }: FullManifest,
): FullManifest['assignments'] =>
  part === 'assignments'
    ? assignments.filter((assignment) => assignmentKey(assignment) === key)
    : assignments.filter(({ principal }) => 'group' in principal && principal.group === key)
