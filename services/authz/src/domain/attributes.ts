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
export type Statements = { readonly [S in AttributeSource]?: Properties }
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

export function assembleAttributes(schema: ConditionSchema, stated: Stated): Assembled {
  const errors: DefinitionError[] = []
  const values: Record<string, Properties> = {}
  for (const source of attributeSources) {
    errors.push(...refusals(schema, { source, said: stated.caller[source] ?? {} }))
    values[source] = believedValues(schema, { source, stated })
  }
  return errors.length === 0 ? { ok: true, values } : { ok: false, errors }
}

const isAbsent = (value: unknown): boolean => value === undefined || value === null

function refusals(schema: ConditionSchema, { source, said }: { source: AttributeSource; said: Properties }): DefinitionError[] {
  const errors: DefinitionError[] = []
  for (const [name, value] of Object.entries(said)) {
    const known = attributeSchema(schema, { source, name })
    if (!known) continue
    const path = `${pathOf[source]}/${name}`
    if (!known.provenance.includes('caller')) errors.push({ path, message: 'may not be asserted by the caller' })
    else if (!isAbsent(value) && !isOfType(known, value)) errors.push({ path, message: `must be a ${known.type}` })
  }
  return errors
}

/** On the wire a timestamp is text. */
const isOfType = ({ type }: AttributeSchema, value: unknown): boolean => valueOfType(type, value) !== undefined && !(type === 'timestamp' && typeof value === 'number')

function believedValues(schema: ConditionSchema, { source, stated }: { source: AttributeSource; stated: Stated }): Properties {
  const values: Record<string, unknown> = {}
  for (const [name, { provenance }] of Object.entries(schema[source] ?? {})) {
    const value = provenance.map((from) => statement(stated[from][source], name)).find((said) => !isAbsent(said))
    if (value !== undefined) values[name] = value
  }
  return values
}

const statement = (said: Properties | undefined, name: string): unknown => (said && Object.hasOwn(said, name) ? said[name] : undefined)

/**
 * Splits what a caller says of the subject: AuthZEN has one bag of properties where there are two sources.
 * A name both know goes to both, so it needs to be allowed in both.
 */
export function subjectStatements(schema: ConditionSchema, properties: Properties): Pick<Statements, 'user' | 'membership'> {
  const known = (source: 'user' | 'membership') => Object.fromEntries(Object.entries(properties).filter(([name]) => attributeSchema(schema, { source, name }) !== undefined))
  return { user: known('user'), membership: known('membership') }
}
