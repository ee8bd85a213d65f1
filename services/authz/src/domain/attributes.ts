/**
 * Puts the values of a decision together by provenance: for each known attribute the first source in its order that has a value is believed.
 * A caller who states a known attribute that is not theirs to state is refused; what nobody knows is ignored.
 */
import {
  attributeSchema,
  type AttributeSchema,
  type AttributeSchemas,
  type ConditionSchema,
} from '@gatehouse/policy/check/schema'
import { valueOfType, type AttributeValues } from '@gatehouse/policy/compile/attributes'
import type { AttributeSource, AttributeType } from '@gatehouse/policy/ir/condition'
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

/** @param settled - what is believed of a source as long as the caller states nothing of it, where that is known already */
export function assembleAttributes(schema: ConditionSchema, stated: Stated, settled: AttributeValues = {}): Assembled {
  const { platform, stored, caller } = stated
  const errors: DefinitionError[] = []
  // Each source under its own name, which the compiler makes plain loads of.
  const values = {
    user:
      caller.user === undefined && settled.user
        ? settled.user
        : believedValues(schema.user, {
            source: 'user',
            platform: platform.user,
            stored: stored.user,
            caller: caller.user,
            errors,
          }),
    organization:
      settled.organization ??
      believedValues(schema.organization, {
        source: 'organization',
        platform: platform.organization,
        stored: stored.organization,
        caller: undefined,
        errors,
      }),
    membership:
      caller.membership === undefined && settled.membership
        ? settled.membership
        : believedValues(schema.membership, {
            source: 'membership',
            platform: platform.membership,
            stored: stored.membership,
            caller: caller.membership,
            errors,
          }),
    resource: believedValues(schema.resource, {
      source: 'resource',
      platform: platform.resource,
      stored: stored.resource,
      caller: caller.resource,
      errors,
    }),
    request:
      caller.request === undefined
        ? (platform.request ?? nothing)
        : believedValues(schema.request, {
            source: 'request',
            platform: platform.request,
            stored: undefined,
            caller: caller.request,
            errors,
          }),
    action:
      caller.action === undefined
        ? (platform.action ?? nothing)
        : believedValues(schema.action, {
            source: 'action',
            platform: platform.action,
            stored: undefined,
            caller: caller.action,
            errors,
          }),
  }
  return errors.length === 0 ? { ok: true, values } : { ok: false, errors }
}

type Known = AttributeSchema & { readonly name: string; readonly isCallers: boolean }
/** `others`: those on whom the caller's word is not the only one. */
type KnownAttributes = {
  readonly all: readonly Known[]
  readonly others: readonly Known[]
  readonly callersAlone: ReadonlyMap<string, AttributeType>
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
    isCallers: known.provenance.includes('caller'),
  }))
  const isCallersAlone = ({ isCallers, provenance }: Known): boolean => isCallers && provenance.length === 1
  const known = {
    all,
    others: all.filter((one) => !isCallersAlone(one)),
    callersAlone: new Map(all.filter(isCallersAlone).map(({ name, type }) => [name, type])),
  }
  listed.set(schemas, known)
  return known
}

/** What was said of one source, and where complaints go. */
type Said = {
  readonly source: AttributeSource
  readonly platform: Properties | undefined
  readonly stored: Properties | undefined
  readonly caller: Properties | undefined
  readonly errors: DefinitionError[]
}

function believedValues(schemas: AttributeSchemas | undefined, said: Said): Properties {
  const { platform, stored, caller } = said
  // Nobody but the platform spoke: what it says is about known attributes only, and there is nothing to weigh.
  if (caller === undefined && stored === undefined) return platform ?? nothing
  const { all, others, callersAlone } = knownIn(schemas ?? noneKnown)
  const asStated = caller && believedAsStated(caller, callersAlone)
  const values = asStated ?? {}
  for (const known of asStated ? others : all) believe(known, said, values)
  return values
}

/** Mostly a caller states what is theirs alone, and rightly: then all of it is believed as it stands. Undefined: it takes weighing. */
function believedAsStated(
  stated: Properties,
  types: ReadonlyMap<string, AttributeType>,
): Record<string, unknown> | undefined {
  const values: Record<string, unknown> = {}
  for (const name in stated) {
    const value = stated[name]
    const type = types.get(name)
    if (type === undefined || !isOfType(type, value)) return undefined
    values[name] = value
  }
  return values
}

/** The first in its order that has a value. */
function believe(
  known: Known,
  { source, platform, stored, caller, errors }: Said,
  values: Record<string, unknown>,
): void {
  const { name, provenance } = known
  const stated = statement(caller, name)
  if (stated !== undefined) refuseUnlessTheirs(known, { value: stated, source, errors })
  for (const from of provenance) {
    const said = from === 'caller' ? stated : statement(from === 'platform' ? platform : stored, name)
    if (isAbsent(said)) continue
    values[name] = said
    return
  }
}

const isAbsent = (value: unknown): boolean => value === undefined || value === null

function refuseUnlessTheirs(
  { name, type, isCallers }: Known,
  { value, source, errors }: { value: unknown; source: AttributeSource; errors: DefinitionError[] },
): void {
  if (!isCallers) errors.push({ path: `${pathOf[source]}/${name}`, message: 'may not be asserted by the caller' })
  else if (!isAbsent(value) && !isOfType(type, value))
    errors.push({ path: `${pathOf[source]}/${name}`, message: `must be a ${type}` })
}

/** On the wire a timestamp is text. */
const isOfType = (type: AttributeType, value: unknown): boolean =>
  valueOfType(type, value) !== undefined && !(type === 'timestamp' && typeof value === 'number')

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
