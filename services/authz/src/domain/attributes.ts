/**
 * Puts the values of a decision together by provenance: for each known attribute the first source in its order that has a value is believed.
 * A caller who states a known attribute that is not theirs to state is refused; what nobody knows is ignored.
 */
import { attributeSchema, type AttributeSchema, type AttributeSchemas, type ConditionSchema } from '@gatehouse/policy/check/schema'
import { valueOfType, type AttributeValues } from '@gatehouse/policy/compile/attributes'
import type { AttributeSource } from '@gatehouse/policy/ir/condition'
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

/** @param settled - what is believed of a source as long as the caller states nothing of it, where that is known already */
export function assembleAttributes(schema: ConditionSchema, stated: Stated, settled: AttributeValues = {}): Assembled {
  const errors: DefinitionError[] = []
  const read = (source: AttributeSource): Properties => {
    const said = stated.caller[source]
    if (said !== undefined) findRefusals(schema[source], { source, said, errors })
    return (said === undefined ? settled[source] : undefined) ?? believedValues(schema[source], { source, stated }) ?? nothing
  }
  const values = { user: read('user'), organization: read('organization'), membership: read('membership'), resource: read('resource'), request: read('request'), action: read('action') }
  return errors.length === 0 ? { ok: true, values } : { ok: false, errors }
}

const isAbsent = (value: unknown): boolean => value === undefined || value === null

function findRefusals(ofSource: AttributeSchemas = {}, { source, said, errors }: { source: AttributeSource; said: Properties; errors: DefinitionError[] }): void {
  for (const name of Object.keys(said)) {
    const known = Object.hasOwn(ofSource, name) ? ofSource[name] : undefined
    if (!known) continue
    const value = said[name]
    if (!known.provenance.includes('caller')) errors.push({ path: `${pathOf[source]}/${name}`, message: 'may not be asserted by the caller' })
    else if (!isAbsent(value) && !isOfType(known, value)) errors.push({ path: `${pathOf[source]}/${name}`, message: `must be a ${known.type}` })
  }
}

/** On the wire a timestamp is text. */
const isOfType = ({ type }: AttributeSchema, value: unknown): boolean => valueOfType(type, value) !== undefined && !(type === 'timestamp' && typeof value === 'number')

function believedValues(ofSource: AttributeSchemas | undefined, { source, stated }: { source: AttributeSource; stated: Stated }): Properties | undefined {
  // Nobody but the platform spoke: what it says is about known attributes only, and there is nothing to weigh.
  if (stated.caller[source] === undefined && stated.stored[source] === undefined) return stated.platform[source]
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
