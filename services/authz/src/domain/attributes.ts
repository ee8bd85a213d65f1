/**
 * Puts the values of a decision together by provenance: for each known attribute the first source in its order that has a value is believed.
 * A caller who states a known attribute that is not theirs to state is refused; what nobody knows is ignored.
 */
import { attributeSchema, type AttributeSchema, type ConditionSchema } from '@gatehouse/policy/check/schema'
import { valueOfType, type AttributeValues } from '@gatehouse/policy/compile/attributes'
import { attributeSources, type AttributeSource } from '@gatehouse/policy/ir/condition'
import type { DefinitionError } from './role-definition.ts'

export type Properties = { readonly [name: string]: unknown }
/** What each source of truth says, by attribute source. */
export type Statements = { readonly [S in AttributeSource]?: Properties | undefined }
export type Stated = { readonly platform: Statements; readonly stored: Statements; readonly caller: Statements }

export type Assembled = { readonly ok: true; readonly values: AttributeValues } | { readonly ok: false; readonly errors: DefinitionError[] }

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

export function assembleAttributes(schema: ConditionSchema, stated: Stated): Assembled {
  const errors: DefinitionError[] = []
  const values: { [S in AttributeSource]?: Properties } = {}
  for (const source of attributeSources) {
    const said = stated.caller[source]
    if (said !== undefined) findRefusals(schema, { source, said, errors })
    values[source] = believedValues(schema, { source, stated }) ?? nothing
  }
  return errors.length === 0 ? { ok: true, values } : { ok: false, errors }
}

const isAbsent = (value: unknown): boolean => value === undefined || value === null

function findRefusals(schema: ConditionSchema, { source, said, errors }: { source: AttributeSource; said: Properties; errors: DefinitionError[] }): void {
  for (const name of Object.keys(said)) {
    const known = attributeSchema(schema, { source, name })
    if (!known) continue
    const value = said[name]
    if (!known.provenance.includes('caller')) errors.push({ path: `${pathOf[source]}/${name}`, message: 'may not be asserted by the caller' })
    else if (!isAbsent(value) && !isOfType(known, value)) errors.push({ path: `${pathOf[source]}/${name}`, message: `must be a ${known.type}` })
  }
}

/** On the wire a timestamp is text. */
const isOfType = ({ type }: AttributeSchema, value: unknown): boolean => valueOfType(type, value) !== undefined && !(type === 'timestamp' && typeof value === 'number')

function believedValues(schema: ConditionSchema, { source, stated }: { source: AttributeSource; stated: Stated }): Properties | undefined {
  // Nobody but the platform spoke: what it says is about known attributes only, and there is nothing to weigh.
  if (stated.caller[source] === undefined && stated.stored[source] === undefined) return stated.platform[source]
  const ofSource = schema[source]
  const values: Record<string, unknown> = {}
  for (const name in ofSource) {
    const known = ofSource[name]
    for (const from of known?.provenance ?? []) {
      const said = statement(stated[from][source], name)
      if (isAbsent(said)) continue
      values[name] = said
      break
    }
  }
  return values
}

const statement = (said: Properties | undefined, name: string): unknown => (said && Object.hasOwn(said, name) ? said[name] : undefined)

/**
 * Splits what a caller says of the subject: AuthZEN has one bag of properties where there are two sources.
 * A name both know goes to both, so it needs to be allowed in both.
 */
export function subjectStatements(schema: ConditionSchema, properties: Properties | undefined): Pick<Statements, 'user' | 'membership'> {
  if (properties === undefined) return {}
  const known = (source: 'user' | 'membership') => Object.fromEntries(Object.entries(properties).filter(([name]) => attributeSchema(schema, { source, name }) !== undefined))
  return { user: known('user'), membership: known('membership') }
}
