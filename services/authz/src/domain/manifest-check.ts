/**
 * Whether an organization can be brought to a document, and what whoever does it must hold. Only what changes is asked
 * about.
 */
import type { AuthorizationManifest, ManifestChange } from '@gatehouse/contracts/http/authz/authorization-manifest'
import type { RoleSource } from '@gatehouse/policy/compile/roles'
import { finish, type Work } from '@gatehouse/policy/compile/work'
import type { CheckedIr } from '@gatehouse/policy/ir/condition'
import type { Catalog } from './catalog.ts'
import { missingToChangePolicy, missingToGive, missingToRedefine, missingToTake, type Delegable } from './delegable.ts'
import { assignmentKey, repeatedKeys, type FullManifest } from './manifest-diff.ts'
import { isAssignable } from './platform.ts'
import { checkingPolicy, type ParsedBefore } from './policy-definition.ts'
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
export const checkStep = (step: ManifestStep, around: Around): StepCheck => finish(checkingStep(step, around))

/** Steps of checking the parts beside policies, for each thing they name. */
const stepsPerName = 10

/** `checkStep` in parts: one for each policy, and one for the rest. */
export function* checkingStep(step: ManifestStep, around: Around): Work<StepCheck> {
  const changed = changedKeys(step.changes)
  const policyErrors: DefinitionError[] = []
  const conditions = new Map<string, CheckedIr>()
  const { given, parsed } = around
  for (const [index, policy] of (given.policies ?? []).entries()) {
    if (!changed.has(`policies ${policy.key}`)) continue
    const checked = yield* checkingPolicy(policy, { catalog: step.catalog, roles: step.rolesAfter, parsed })
    if (!checked.ok)
      policyErrors.push(...checked.errors.map((error) => ({ ...error, path: `/policies/${index}${error.path}` })))
    else if (checked.condition) conditions.set(policy.key, checked.condition)
  }
  const errors = [
    ...repeatedKeys(given),
    ...(yield* roleErrors(step, { around, changed })),
    ...groupErrors(step, around),
    ...assignmentErrors(step, { around, changed }),
  ]
  const named = (given.groups ?? []).reduce((sum, { members }) => sum + members.length, given.assignments?.length ?? 0)
  yield stepsPerName * named
  return { errors, policyErrors, conditions }
}

const changedKeys = (changes: readonly ManifestChange[]): ReadonlySet<string> =>
  new Set(changes.map(({ part, key }) => `${part} ${key}`))

function* roleErrors(
  { catalog, rolesAfter }: ManifestStep,
  { around: { given, platformRoles }, changed }: { around: Around; changed: ReadonlySet<string> },
): Work<DefinitionError[]> {
  const errors: DefinitionError[] = []
  for (const [index, role] of (given.roles ?? []).entries()) {
    const at = `/roles/${index}`
    if (platformRoles.has(role.key)) {
      errors.push({ path: `${at}/key`, message: `${role.key} is a role of the platform` })
      continue
    }
    // What the catalog no longer knows may stay in a role that is not touched.
    const permissions = changed.has(`roles ${role.key}`) ? role.permissions : []
    const found = checkRoleDefinition(
      { key: role.key, permissions, inherits: role.inherits ?? [] },
      { catalog, others: rolesAfter },
    )
    errors.push(...found.map((error) => ({ ...error, path: `${at}${error.path}` })))
    // The roles are looked through for a circle, each once.
    yield stepsPerName * (permissions.length + rolesAfter.size)
  }
  return errors
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

type Giving = { delegable: Delegable; conditions: StepCheck['conditions']; nowMs: number }

/**
 * Permissions that would be given, taken or freed by somebody who does not hold them, or for longer than they hold
 * them.
 */
export const missingForStep = (step: ManifestStep, giving: Giving): string[] => finish(delegating(step, giving))

/** `missingForStep` in parts: one for each change. */
export function* delegating(step: ManifestStep, { delegable, conditions, nowMs }: Giving): Work<string[]> {
  const { catalog, changes, current, wanted } = step
  const before = { roles: step.rolesBefore, policies: step.policiesBefore }
  const after = { roles: step.rolesAfter, policies: policiesAfter(step, conditions) }
  const own = { before: ownByKey(before.policies), after: ownByKey(after.policies) }
  const touched = { given: assignmentsByChange(wanted), taken: assignmentsByChange(current) }
  const missing = new Set<string>()
  const note = (found: readonly string[]): number => {
    for (const permission of found) missing.add(permission)
    return stepsPerRule * (1 + before.policies.length + after.policies.length)
  }
  for (const { part, key } of changes) {
    if (part === 'roles') yield note(missingToRedefine(delegable, { before, after, catalog }, key))
    else if (part === 'policies')
      yield note(missingToChangePolicy(delegable, { catalog, before: own.before.get(key), after: own.after.get(key) }))
    else {
      for (const { role, expires_at: end } of touched.given({ part, key })) {
        const untilMs = end === undefined ? Infinity : Date.parse(end)
        if (untilMs > nowMs) yield note(missingToGive(delegable, { model: after, catalog }, { keys: [role], untilMs }))
      }
      const taken = touched.taken({ part, key }).map(({ role }) => role)
      yield note(missingToTake(delegable, { model: before, catalog }, new Set(taken)))
    }
  }
  return [...missing].sort()
}

/** Steps of asking what a policy gives to a role. */
const stepsPerRule = 20

const ownByKey = (policies: readonly PolicyRule[]): ReadonlyMap<string, PolicyRule> =>
  new Map(policies.flatMap((policy) => (policy.scope === 'organization' ? [[policy.key, policy]] : [])))

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

type Assignments = FullManifest['assignments']

/**
 * The assignment a change is of; of a group, whose members change or whose end takes it from them: every assignment of
 * it.
 */
function assignmentsByChange({
  assignments,
}: FullManifest): (change: Pick<ManifestChange, 'part' | 'key'>) => Assignments {
  const byKey = new Map<string, Assignments>()
  const byGroup = new Map<string, Assignments>()
  for (const assignment of assignments) {
    const { principal } = assignment
    byKey.set(assignmentKey(assignment), [assignment])
    if (!('group' in principal)) continue
    const ofGroup = byGroup.get(principal.group)
    if (ofGroup === undefined) byGroup.set(principal.group, [assignment])
    else ofGroup.push(assignment)
  }
  return ({ part, key }) => (part === 'assignments' ? byKey : byGroup).get(key) ?? []
}
