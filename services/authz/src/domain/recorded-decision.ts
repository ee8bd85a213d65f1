/**
 * A decision as it is recorded: enough to decide it again, and nothing that is marked sensitive. Decisions nobody could change are not recorded:
 * about what the catalog does not know, beyond an API key, or about somebody who has no standing at all.
 */
import type { AttributeSchemas } from '@gatehouse/policy/check/schema'
import type { AttributeValues } from '@gatehouse/policy/compile/attributes'
import type { Decision, Reason } from '@gatehouse/policy/compile/decision'
import { attributeSources } from '@gatehouse/policy/ir/condition'
import type { Properties } from './attributes.ts'
import { requestFor, type Answer, type Question } from './decision.ts'
import { isSubject, type Ineligible, type Subject } from './subject.ts'

export type RecordedDecision = {
  readonly decidedAt: Date
  readonly orgId: string
  readonly subjectType: string
  readonly subjectId: string
  readonly resourceType: string
  readonly resourceId: string
  readonly action: string
  /** Keys of the roles held for this resource. */
  readonly roles: string[]
  readonly attributes: AttributeValues
  /** `source.name` of what was left out. */
  readonly withheld: string[]
  readonly allowed: boolean
  readonly reason: Reason
}

/** An answer with what it was given to. */
export type Answered = {
  readonly orgId: string
  readonly named: { readonly type: string; readonly id: string }
  readonly subject: Subject | Ineligible
  readonly question: Question
  readonly given: Answer
}
/** One whose question the engine decided. */
export type Decided = Answered & { readonly subject: Subject; readonly given: Decision }

const notOfEngine = new Set<string>(['insufficient_scope', 'unknown_resource_type', 'unknown_action'])

export const isDecided = (answered: Answered): answered is Decided =>
  isSubject(answered.subject) && !('errors' in answered.given) && !notOfEngine.has(answered.given.reason.code)

/** Undefined when the question cannot be put again. */
export function recordOf(
  { orgId, named, subject, question, given }: Decided,
  decidedAt: Date,
): RecordedDecision | undefined {
  const { resource, action } = question
  const type = subject.model.catalog.types.get(resource.type)
  const asked = requestFor(subject, question)
  if (type === undefined || 'errors' in asked) return undefined
  const schema = subject.isByApplication ? type.schemaForApplications : type.schema
  const attributes: { [source: string]: Properties } = {}
  const withheld: string[] = []
  for (const source of attributeSources) {
    const values = asked.values[source]
    if (values === undefined) continue
    const [kept, left] = split(values, schema[source] ?? {})
    attributes[source] = kept
    withheld.push(...left.map((name) => `${source}.${name}`))
  }
  const { keys } = subject.forOne?.(resource) ?? subject.forAll
  return {
    decidedAt,
    orgId,
    subjectType: named.type,
    subjectId: named.id,
    resourceType: resource.type,
    resourceId: resource.id,
    action: action.name,
    roles: [...keys],
    attributes,
    withheld,
    allowed: given.allowed,
    reason: given.reason,
  }
}

/** What may be kept, and the names of what may not. */
function split(values: Properties, schemas: AttributeSchemas): [Properties, string[]] {
  const kept: Record<string, unknown> = {}
  const left: string[] = []
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue
    if (Object.hasOwn(schemas, name) && schemas[name]?.sensitive === true) left.push(name)
    else kept[name] = value
  }
  return [kept, left]
}
