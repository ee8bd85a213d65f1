/**
 * A decision as it is recorded: enough to decide it again, and nothing that is marked sensitive. Decisions nobody could
 * change are not recorded: about what the catalog does not know, beyond an API key, or about somebody who has no
 * standing at all.
 */
import type { AttributeSchemas } from '@gatehouse/policy/check/schema'
import type { AttributeValues } from '@gatehouse/policy/compile/attributes'
import type { Budget } from '@gatehouse/policy/compile/budget'
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
  /** Of the request, where several questions state the same: what is walked once is not walked again. */
  readonly budget?: Budget | undefined
}
/** One whose question the engine decided. */
export type Decided = Answered & { readonly subject: Subject; readonly given: Decision }

const notOfEngine = new Set<string>(['insufficient_scope', 'unknown_resource_type', 'unknown_action'])

export const isDecided = (answered: Answered): answered is Decided =>
  isSubject(answered.subject) && !('errors' in answered.given) && !notOfEngine.has(answered.given.reason.code)

/** Characters of attributes one record may have: what is longer is left out by name, as what is sensitive is. */
export const mostAttributesSize = 16_384

/** Undefined when the question cannot be put again. */
export function recordOf(
  { orgId, named, subject, question, given, budget }: Decided,
  decidedAt: Date,
): RecordedDecision | undefined {
  const { resource, action } = question
  const type = subject.model.catalog.types.get(resource.type)
  const asked = requestFor(subject, question, budget)
  if (type === undefined || 'errors' in asked) return undefined
  const schema = subject.isByApplication ? type.schemaForApplications : type.schema
  const attributes: { [source: string]: Properties } = {}
  const withheld: string[] = []
  let room = mostAttributesSize
  for (const source of attributeSources) {
    const values = asked.values[source]
    if (values === undefined) continue
    const { kept, left, size } = split(values, schema[source] ?? {}, room)
    room -= size
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
function split(
  values: Properties,
  schemas: AttributeSchemas,
  room: number,
): { kept: Properties; left: string[]; size: number } {
  const kept: Record<string, unknown> = {}
  const left: string[] = []
  let size = 0
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue
    const sizeOfThis = name.length + sizeWithin(value, room)
    const isSensitive = Object.hasOwn(schemas, name) && schemas[name]?.sensitive === true
    if (isSensitive || size + sizeOfThis > room) left.push(name)
    else {
      kept[name] = value
      size += sizeOfThis
    }
  }
  return { kept, left, size }
}

/** A list that cannot fit by its length alone is not walked. */
const sizeWithin = (value: unknown, room: number): number =>
  Array.isArray(value) && value.length * 3 > room ? room + 1 : sizeOf(value)

const sizeOf = (value: unknown): number => {
  if (typeof value === 'string') return value.length
  return Array.isArray(value) ? value.reduce<number>((sum, item) => sum + 3 + sizeOf(item), 0) : 8
}

/** Characters of a record, about as many as it takes to write it. */
export const sizeOfRecord = ({ attributes, withheld, roles, resourceId, subjectId }: RecordedDecision): number =>
  256 +
  resourceId.length +
  subjectId.length +
  sizeOf(withheld) +
  sizeOf(roles) +
  Object.values(attributes).reduce<number>(
    (sum, values) => sum + Object.entries(values).reduce((all, [name, value]) => all + name.length + sizeOf(value), 0),
    0,
  )
