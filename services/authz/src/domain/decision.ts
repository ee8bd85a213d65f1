/**
 * A decision about one subject: what is known of them is put together already, so each question costs its own values
 * and `decide`. What the asker may not state is an answer about the question, never a value in it.
 */
import type { ConditionSchema } from '@gatehouse/policy/check/schema'
import type { AttributeValues } from '@gatehouse/policy/compile/attributes'
import type { Decision } from '@gatehouse/policy/compile/decision'
import { createBudget, stepsPerEvaluation, type Budget } from '@gatehouse/policy/compile/budget'
import { decide, type DecisionRequest } from '@gatehouse/policy/decide/decide'
import type { PlanRequest, RolesOnResource } from '@gatehouse/policy/plan/plan'
import { assembleAttributes, subjectStatements, type Assembled, type Properties } from './attributes.ts'
import type { Action, Entity } from './authzen-request.ts'
import { gatehouse, splitPermission } from './platform.ts'
import { covers } from './scope.ts'
import type { DefinitionError } from './role-definition.ts'
import { isSubject, ineligible, type Ineligible, type Subject } from './subject.ts'

export type Question = {
  readonly resource: Entity
  readonly action: Action
  readonly subjectProperties?: Properties | undefined
  readonly context?: Properties | undefined
  /** What the entity directory says of the resource. */
  readonly storedResource?: Properties | undefined
}

/** A permission of Gatehouse itself as a question: about the organization, or about the platform. */
export function questionOf(permission: string, orgId: string | undefined): Question {
  const { resourceType, action } = splitPermission(permission)
  return { resource: { type: resourceType, id: orgId ?? gatehouse }, action: { name: action } }
}

/** The asker states what is not theirs to state: no answer to the question, but to how it was asked. */
export type Misstated = {
  readonly allowed: false
  readonly reason: { readonly code: 'invalid_attribute' }
  readonly errors: readonly DefinitionError[]
}
export type Answer = Decision | Ineligible | Misstated

/**
 * @param budget - of the whole request, where there is one: what is stated once for many questions is then read once
 */
export function answer(
  subject: Subject | Ineligible,
  question: Question,
  budget: Budget = createBudget(stepsPerEvaluation),
): Answer {
  if (!isSubject(subject)) return subject
  if (isBeyondKey(subject, question)) return insufficientScope
  const asked = requestFor(subject, question, budget)
  return 'errors' in asked ? asked : decide(subject.model.set, asked, budget)
}

export const insufficientScope = ineligible('insufficient_scope')

/** Whether the API key the subject acts with grants this to nobody. */
export const isBeyondKey = (
  { scope, model }: Subject,
  { resource, action }: { readonly resource: { readonly type: string }; readonly action: Action },
): boolean =>
  scope !== undefined && !covers(scope, { permission: `${resource.type}:${action.name}`, catalog: model.catalog })

/** The question as the engine takes it. */
export function requestFor(subject: Subject, question: Question, budget?: Budget): DecisionRequest | Misstated {
  const { resource, action } = question
  const { allKeys, roles } = subject.forOne?.(resource) ?? subject.forAll
  const assembled = valuesOf(subject, question, { allKeys, about: { id: resource.id, type: resource.type }, budget })
  return assembled.ok
    ? { resourceType: resource.type, action: action.name, roles, values: assembled.values }
    : misstated(assembled.errors)
}

type AboutType = Omit<Question, 'resource'> & {
  readonly resource: { readonly type: string; readonly properties?: Properties | undefined }
}

/** The same with the resource left open: what is stated of it holds for each, what it is on record as is not known. */
export function planFor(subject: Subject, question: AboutType): PlanRequest | Misstated {
  const { resource, action } = question
  const { allKeys, roles } = subject.forAll
  const assembled = valuesOf(subject, question, { allKeys, about: { type: resource.type } })
  if (!assembled.ok) return misstated(assembled.errors)
  return {
    resourceType: resource.type,
    action: action.name,
    roles,
    values: assembled.values,
    resourceRoles: rolesOnResources(subject, { ...question, known: assembled.values }),
  }
}

/**
 * What depends on the resource is known for each that a role is limited to: the roles held there, and
 * `membership.roles`, which says them.
 */
function rolesOnResources(
  { limitedTo, forOne }: Subject,
  { resource, known }: AboutType & { readonly known: AttributeValues },
): RolesOnResource[] {
  if (forOne === undefined) return []
  const byKeys = new Map<string, AttributeValues>()
  return limitedTo
    .filter(({ type }) => type === resource.type)
    .map((one) => {
      const { allKeys, roles } = forOne(one)
      const written = JSON.stringify(allKeys)
      const values = byKeys.get(written) ?? { ...known, membership: { ...known.membership, roles: allKeys } }
      byKeys.set(written, values)
      return { resourceId: one.id, roles, values }
    })
}

const misstated = (errors: readonly DefinitionError[]): Misstated => ({
  allowed: false,
  reason: { code: 'invalid_attribute' },
  errors,
})

/** @param o.allKeys - roles held for this resource, inherited ones included; `about`: what the platform says of it */
function valuesOf(
  subject: Subject,
  question: AboutType,
  o: { readonly allKeys: readonly string[]; readonly about: Properties; readonly budget?: Budget | undefined },
): Assembled {
  const { platform, stored, forOne, isByApplication } = subject
  const { resource, action, subjectProperties, context, storedResource } = question
  const known = subject.model.catalog.types.get(resource.type)
  if (!known) return nothing
  const schema = isByApplication ? known.schemaForApplications : known.schema
  const { user, membership } = subjectStatements(known.schema, subjectProperties)
  return assembleAttributes(
    schema,
    {
      platform: {
        user: platform.user,
        organization: platform.organization,
        membership: forOne ? { ...platform.membership, roles: o.allKeys } : platform.membership,
        request: subject.request,
        resource: o.about,
        action: { name: action.name },
      },
      stored: storedResource === undefined ? stored : { ...stored, resource: storedResource },
      caller: {
        user,
        membership,
        resource: resource.properties,
        action: action.properties,
        request: context,
      },
    },
    { settled: forOne ? undefined : settledFor(subject, schema), budget: o.budget },
  )
}

/** What is believed of the subject itself where nobody states anything: the same for each question about a type. */
function settledFor({ settled, platform, stored }: Subject, schema: ConditionSchema): AttributeValues {
  const known = settled.get(schema)
  if (known !== undefined) return known
  const assembled = assembleAttributes(schema, { platform, stored, caller: {} })
  const { user, organization, membership } = assembled.ok ? assembled.values : {}
  const values = { user, organization, membership } as AttributeValues
  settled.set(schema, values)
  return values
}

const nothing: Assembled = { ok: true, values: {} }
