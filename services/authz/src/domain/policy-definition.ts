/**
 * Whether a policy can be saved so, and its condition as the engine reads it. Errors name the place in the policy and
 * in its condition.
 */
import type { PolicySource } from '@gatehouse/contracts/http/authz/policies'
import { checkCondition } from '@gatehouse/policy/check/check-condition'
import type { RoleSource } from '@gatehouse/policy/compile/roles'
import { finish, type Work } from '@gatehouse/policy/compile/work'
import type { CheckedIr } from '@gatehouse/policy/ir/condition'
import { positionOf, type Position } from '@gatehouse/policy/ir/position'
import { parseCondition, type ParseResult } from '@gatehouse/policy/parse/parse-condition'
import { conditionSchema, type Catalog } from './catalog.ts'
import { policyTestErrors } from './policy-tests.ts'
import { listing } from './listing.ts'
import type { DefinitionError } from './role-definition.ts'

export type CheckedPolicy =
  | { readonly ok: true; readonly condition: CheckedIr | undefined }
  | { readonly ok: false; readonly errors: DefinitionError[] }

/** What was parsed already, by its text. */
export type ParsedBefore = { get(source: string): ParseResult | undefined }

/** `roles`: those a policy may name here, by key. */
type Around = { catalog: Catalog; roles: ReadonlyMap<string, RoleSource>; parsed?: ParsedBefore | undefined }

export const checkPolicyDefinition = (policy: PolicySource, around: Around): CheckedPolicy =>
  finish(checkingPolicy(policy, around))

/** Steps of checking what a policy says, its condition included. */
const stepsToCheck = 20_000

/** `checkPolicyDefinition` in parts. */
export function* checkingPolicy(policy: PolicySource, o: Around): Work<CheckedPolicy> {
  const errors: DefinitionError[] = []
  const type = o.catalog.types.get(policy.resource_type)
  if (!type)
    errors.push({
      path: '/resource_type',
      message: `${policy.resource_type} is not in the catalog: ${listing(o.catalog.types.keys())}`,
    })
  policy.actions.forEach((action, index) => {
    if (type && !type.actions.has(action))
      errors.push({
        path: `/actions/${index}`,
        message: `${policy.resource_type} has no action ${action}: ${listing(type.actions.keys())}`,
      })
  })
  policy.roles?.forEach((role, index) => {
    if (!o.roles.has(role))
      errors.push({ path: `/roles/${index}`, message: `${role} is not a role here: ${listing(o.roles.keys())}` })
  })
  const condition = policy.when === undefined ? undefined : readCondition(policy.when, { policy, errors, ...o })
  yield stepsToCheck
  if (errors.length === 0) errors.push(...(yield* policyTestErrors({ policy, condition, ...o })))
  return errors.length === 0 ? { ok: true, condition } : { ok: false, errors }
}

type Reading = {
  readonly policy: PolicySource
  readonly catalog: Catalog
  readonly errors: DefinitionError[]
  readonly parsed?: ParsedBefore | undefined
}

function readCondition(source: string, { policy, catalog, errors, parsed: before }: Reading): CheckedIr | undefined {
  const parsed = before?.get(source) ?? parseCondition(source)
  if (!parsed.ok) {
    errors.push({ path: '/when', message: located(parsed.error, parsed.position) })
    return undefined
  }
  const checked = checkCondition(parsed.ir, conditionSchema(catalog, policy.resource_type))
  if (checked.ok) return checked.ir
  // Without the type there are no attributes to check against: that error says it all.
  if (catalog.types.has(policy.resource_type)) {
    for (const problem of checked.problems.slice(0, 20))
      errors.push({ path: '/when', message: located(problem.error, positionOf(source, problem.at)) })
  }
  return undefined
}

const located = (error: string, { line, column, offset }: Position): string =>
  `${error} (line ${line}, column ${column}, offset ${offset})`
