/**
 * Puts the values of a decision together by provenance: a known attribute has the value of the first source in its
 * order that has one. A caller who states a known attribute that is not theirs to state is refused; what nobody knows
 * is ignored.
 */
import {
  attributeSchema,
  type AttributeSchema,
  type AttributeSchemas,
  type ConditionSchema,
} from '@gatehouse/policy/check/schema'
import type { AttributeValues } from '@gatehouse/policy/compile/attributes'
import {
  createBudget,
  isSpent,
  longestStatedList,
  stepsPerEvaluation,
  textsOf,
  type Budget,
} from '@gatehouse/policy/compile/budget'
import type { AttributeSource, AttributeType } from '@gatehouse/policy/ir/condition'
import { isWritten, mustBe, numericDate } from './attribute-value.ts'
import type { DefinitionError } from './role-definition.ts'

export type Properties = { readonly [name: string]: unknown }
/** What each source of truth says, by attribute source. */
export type Statements = { readonly [S in AttributeSource]?: Properties | undefined }
export type Stated = { readonly platform: Statements; readonly stored: Statements; readonly caller: Statements }

export type Assembled =
  { readonly ok: true; readonly values: AttributeValues } | { readonly ok: false; readonly errors: DefinitionError[] }

/** Where a caller's statement stands in an AuthZEN request. */
const pathOf: { readonly [S in AttributeSource]: string } = {
  user: '/subject/properties',
  membership: '/subject/properties',
  organization: '/context',
  resource: '/resource/properties',
  request: '/context',
  action: '/action/properties',
}

const nothing: Properties = {}

/**
 * @param o.settled - what is resolved of a source as long as the caller states nothing of it, where that is known
 * already
 */
export function assembleAttributes(
  schema: ConditionSchema,
  stated: Stated,
  o: { readonly settled?: AttributeValues | undefined; readonly budget?: Budget | undefined } = {},
): Assembled {
  const assembling: Assembling = {
    stated,
    settled: o.settled,
    budget: o.budget ?? createBudget(stepsPerEvaluation),
    errors: [],
  }
  // Each source under its own name, which the compiler makes plain loads of.
  const values = {
    user: ofSubject(schema.user, assembling, 'user'),
    organization: o.settled?.organization ?? resolveAll(schema.organization, assembling, 'organization'),
    membership: ofSubject(schema.membership, assembling, 'membership'),
    resource: resolveAll(schema.resource, assembling, 'resource'),
    request: resolveAll(schema.request, assembling, 'request'),
    action: resolveAll(schema.action, assembling, 'action'),
  }
  const { errors } = assembling
  return errors.length === 0 ? { ok: true, values } : { ok: false, errors }
}

type Assembling = {
  readonly stated: Stated
  readonly settled: AttributeValues | undefined
  readonly budget: Budget
  /** Where complaints go. */
  readonly errors: DefinitionError[]
}

function ofSubject(
  schemas: AttributeSchemas | undefined,
  assembling: Assembling,
  source: 'user' | 'membership',
): Properties {
  const settled = assembling.stated.caller[source] === undefined ? assembling.settled?.[source] : undefined
  return settled ?? resolveAll(schemas, assembling, source)
}

type Known = AttributeSchema & { readonly name: string; readonly isCallers: boolean }
/** `others`: those on whom the caller's word is not the only one. */
type KnownAttributes = {
  readonly all: readonly Known[]
  readonly others: readonly Known[]
  readonly callersAlone: ReadonlyMap<string, Known>
}

/** Schemas never change; looking their attributes up once is most of the work. */
const listed = new WeakMap<AttributeSchemas, KnownAttributes>()
const noneKnown: AttributeSchemas = {}

function knownIn(schemas: AttributeSchemas): KnownAttributes {
  const found = listed.get(schemas)
  if (found !== undefined) return found
  const all = Object.entries(schemas).map(([name, known]) => ({
    ...known,
    name,
    isCallers: known.ignoresCaller !== true && known.provenance.includes('caller'),
  }))
  const isCallersAlone = ({ isCallers, provenance }: Known): boolean => isCallers && provenance.length === 1
  const known = {
    all,
    others: all.filter((one) => !isCallersAlone(one)),
    callersAlone: new Map(all.filter(isCallersAlone).map((one) => [one.name, one])),
  }
  listed.set(schemas, known)
  return known
}

function resolveAll(
  schemas: AttributeSchemas | undefined,
  assembling: Assembling,
  source: AttributeSource,
): Properties {
  const { stated, budget } = assembling
  const { [source]: platform } = stated.platform
  const { [source]: stored } = stated.stored
  const { [source]: caller } = stated.caller
  // Nobody but the platform spoke: what it says is about known attributes only, and there is nothing to weigh.
  if (caller === undefined && stored === undefined) return platform ?? nothing
  const { all, others, callersAlone } = knownIn(schemas ?? noneKnown)
  const asStated = caller && takeAsStated(caller, callersAlone, budget)
  const values = asStated ?? {}
  for (const known of asStated ? others : all)
    resolveAttribute(known, { source, platform, stored, caller, assembling }, values)
  return values
}

/**
 * Mostly a caller states what is theirs alone, and rightly: then all of it is taken as it stands. Undefined: it takes
 * weighing.
 */
function takeAsStated(
  stated: Properties,
  callersAlone: ReadonlyMap<string, Known>,
  budget: Budget,
): Record<string, unknown> | undefined {
  const values: Record<string, unknown> = {}
  for (const name in stated) {
    const known = callersAlone.get(name)
    if (known === undefined) return undefined
    const value = numericDate(known, stated[name])
    if (!isOfType(known.type, value, budget)) return undefined
    values[name] = value
  }
  return values
}

type Said = {
  readonly source: AttributeSource
  readonly platform: Properties | undefined
  readonly stored: Properties | undefined
  readonly caller: Properties | undefined
  readonly assembling: Assembling
}

/** The first in its order that has a value. */
function resolveAttribute(known: Known, said: Said, values: Record<string, unknown>): void {
  const { name, provenance, isCallers } = known
  const stated = known.ignoresCaller === true ? undefined : numericDate(known, statement(said.caller, name))
  if (stated !== undefined) refuseUnlessTheirs(known, stated, said)
  for (const from of provenance) {
    if (from === 'caller' && !isCallers) continue
    const value = from === 'caller' ? stated : statement(from === 'platform' ? said.platform : said.stored, name)
    if (isAbsent(value)) continue
    values[name] = value
    return
  }
}

const isAbsent = (value: unknown): boolean => value === undefined || value === null

function refuseUnlessTheirs({ name, type, isCallers }: Known, value: unknown, { source, assembling }: Said): void {
  const refuse = (message: string) => assembling.errors.push({ path: `${pathOf[source]}/${name}`, message })
  if (!isCallers) refuse('may not be asserted by the caller')
  else if (Array.isArray(value) && value.length > longestStatedList)
    refuse(`must have at most ${longestStatedList} items`)
  else if (!isAbsent(value) && !isOfType(type, value, assembling.budget)) refuse(mustBe[type])
}

/** On the wire a timestamp is text. A long list is walked once for all questions of a request that state it. */
function isOfType(type: AttributeType, value: unknown, budget: Budget): boolean {
  if (type !== 'string_list') return isWritten(type, value)
  return (
    Array.isArray(value) &&
    value.length <= longestStatedList &&
    (textsOf(value, budget) !== undefined || isSpent(budget))
  )
}

const statement = (said: Properties | undefined, name: string): unknown =>
  said !== undefined && Object.hasOwn(said, name) ? said[name] : undefined

/**
 * Splits what a caller says of the subject: AuthZEN has one bag of properties where there are two sources.
 * A name both know goes to both, so it needs to be allowed in both.
 */
export function subjectStatements(
  schema: ConditionSchema,
  properties: Properties | undefined,
): Pick<Statements, 'user' | 'membership'> {
  if (properties === undefined) return {}
  const known = (source: 'user' | 'membership') =>
    Object.fromEntries(
      Object.entries(properties).filter(([name]) => attributeSchema(schema, { source, name }) !== undefined),
    )
  return { user: known('user'), membership: known('membership') }
}
