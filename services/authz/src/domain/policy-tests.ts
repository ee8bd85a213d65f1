/**
 * Whether a policy keeps what its own tests promise. Each is decided by the policy alone: a deny policy is put against
 * a grant of everything, roles bring their inheritance and none of their permissions, and there is no clock, so an
 * attribute that is not given is missing.
 */
import type { PolicySource, PolicyTest } from '@gatehouse/contracts/http/authz/policies'
import { attributeSchema, type ConditionSchema } from '@gatehouse/policy/check/schema'
import type { AttributeValues } from '@gatehouse/policy/compile/attributes'
import { createBudget, stepsPerEvaluation, stepsTaken, type Budget } from '@gatehouse/policy/compile/budget'
import { compilingPolicySet, roleSetOf, type PolicySet } from '@gatehouse/policy/compile/policy-set'
import type { RoleSource } from '@gatehouse/policy/compile/roles'
import type { Reason } from '@gatehouse/policy/compile/decision'
import type { Work } from '@gatehouse/policy/compile/work'
import { decide } from '@gatehouse/policy/decide/decide'
import { isWritten, mustBe, numericDate } from './attribute-value.ts'
import { withInherited } from './policy-model.ts'
import { attributeSources, type AttributeSource, type CheckedIr } from '@gatehouse/policy/ir/condition'
import type { Properties } from './attributes.ts'
import { conditionSchema, type Catalog } from './catalog.ts'
import { listing } from './listing.ts'
import type { DefinitionError } from './role-definition.ts'

type Tested = {
  readonly policy: PolicySource
  readonly condition: CheckedIr | undefined
  readonly catalog: Catalog
  readonly roles: ReadonlyMap<string, RoleSource>
}

/**
 * Every test that asks about what does not exist, or that the policy contradicts; of a policy that is valid otherwise.
 * In parts: one for each test.
 */
export function* policyTestErrors(tested: Tested): Work<DefinitionError[]> {
  const { policy, catalog } = tested
  const tests = policy.tests ?? []
  if (tests.length === 0) return []
  const schema = conditionSchema(catalog, policy.resource_type)
  const set = yield* setOfPolicyAlone(tested)
  const errors: DefinitionError[] = []
  for (const [index, test] of tests.entries()) {
    const at = `/tests/${index}`
    const ofGiven = givenErrors(test, { at: `${at}/given`, schema, tested })
    const budget = createBudget(stepsPerEvaluation)
    errors.push(...(ofGiven.length > 0 ? ofGiven : contradiction(test, { at, set, schema, tested, budget })))
    yield stepsPerTest + stepsTaken(budget)
  }
  return errors
}

/** Steps of putting a test together, beside deciding it. */
const stepsPerTest = 1_000

function givenErrors(
  test: PolicyTest,
  { at, schema, tested }: { at: string; schema: ConditionSchema; tested: Tested },
): DefinitionError[] {
  const errors: DefinitionError[] = []
  const { given } = test
  const { policy, catalog, roles } = tested
  const settled = settledOf(test, policy)
  if (given.action !== undefined && !catalog.types.get(policy.resource_type)?.actions.has(given.action))
    errors.push({
      path: `${at}/action`,
      message:
        `${policy.resource_type} has no action ${given.action}: ` +
        `${listing(catalog.types.get(policy.resource_type)?.actions.keys() ?? [])}`,
    })
  given.roles?.forEach((role, index) => {
    if (!roles.has(role))
      errors.push({ path: `${at}/roles/${index}`, message: `${role} is not a role here: ${listing(roles.keys())}` })
  })
  for (const source of attributeSources) {
    for (const [name, value] of Object.entries(givenOf(given, source))) {
      const known = attributeSchema(schema, { source, name })
      const path = `${at}/${source === 'action' ? 'action_properties' : source}/${name}`
      if (!known)
        errors.push({
          path,
          message: `${source}.${name} is no attribute a policy about ${policy.resource_type} can read`,
        })
      else if (name === settled[source]?.name && value !== settled[source].value)
        errors.push({ path, message: `is ${settled[source].value} here` })
      else if (!isWritten(known.type, numericDate({ name, type: known.type }, value)))
        errors.push({ path, message: mustBe[known.type] })
    }
  }
  return errors
}

const givenOf = (given: PolicyTest['given'], source: AttributeSource): Properties =>
  (source === 'action' ? given.action_properties : given[source]) ?? {}

/** What the policy and the test say already: another type or action would be a case that cannot be. */
const settledOf = ({ given }: PolicyTest, { resource_type, actions }: PolicySource): SettledAttributes => ({
  resource: { name: 'type', value: resource_type },
  action: { name: 'name', value: given.action ?? actions[0] ?? '' },
})
type SettledAttributes = { readonly [S in AttributeSource]?: { readonly name: string; readonly value: string } }

function* setOfPolicyAlone({ policy, condition, catalog, roles }: Tested): Work<PolicySet> {
  const type = policy.resource_type
  const actions = [...(catalog.types.get(type)?.actions.keys() ?? [])]
  const about = { scope: 'organization', resourceType: type } as const
  const alone = {
    ...about,
    key: policy.key,
    effect: policy.effect,
    actions: policy.actions,
    ...(policy.roles ? { roles: policy.roles } : {}),
    ...(condition ? { when: condition } : {}),
  }
  const everything = { ...about, key: 'everything', effect: 'allow', actions } as const
  return yield* compilingPolicySet({
    resourceTypes: [{ key: type, actions: actions.map((name) => ({ name })) }],
    roles: [...roles.values()].map(({ key, inherits = [] }) => ({ key, inherits, permissions: [] })),
    policies: policy.effect === 'deny' ? [everything, alone] : [alone],
  })
}

function contradiction(
  test: PolicyTest,
  {
    at,
    set,
    schema,
    tested,
    budget,
  }: { at: string; set: PolicySet; schema: ConditionSchema; tested: Tested; budget: Budget },
): DefinitionError[] {
  const { given } = test
  const { policy, roles } = tested
  const action = given.action ?? policy.actions[0] ?? ''
  const held = given.roles ?? []
  const stated = (source: AttributeSource): Properties => asQuestionsState(schema, source, givenOf(given, source))
  const values: AttributeValues = {
    user: stated('user'),
    organization: stated('organization'),
    membership: { roles: withInherited(roles, held), ...stated('membership') },
    resource: { ...stated('resource'), type: policy.resource_type },
    request: stated('request'),
    action: { ...stated('action'), name: action },
  }
  const asked = { resourceType: policy.resource_type, action, roles: roleSetOf(set, held), values }
  const { allowed, reason } = decide(set, asked, budget)
  const found = allowed ? 'allow' : 'deny'
  return found === test.expect
    ? []
    : [
        {
          path: at,
          message: `the test “${test.name}” expects ${test.expect}, the policy says ${found} (${reasonText(reason)})`,
        },
      ]
}

/** A test says what a question would, so it is read as one. */
const asQuestionsState = (schema: ConditionSchema, source: AttributeSource, given: Properties): Properties =>
  Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const known = attributeSchema(schema, { source, name })
      return [name, known ? numericDate({ name, type: known.type }, value) : value]
    }),
  )

const reasonText = (reason: Reason): string =>
  'missing' in reason && reason.missing.length > 0 ? `${reason.code}: ${reason.missing.join(', ')}` : reason.code
