/** What attributes exist, of which type, and who may say their value. */
import type { AttributeSource, AttributeType } from '../ir/condition.ts'

/** Who said a value: the platform itself, a stored record, or whoever asks. */
export type Provenance = 'platform' | 'stored' | 'caller'

/**
 * `provenance` is in order of precedence: the first that has a value is believed. `sensitive`: not to be kept with a
 * record of the decision.
 */
export type AttributeSchema = {
  readonly type: AttributeType
  readonly provenance: readonly Provenance[]
  readonly sensitive?: boolean
  /** What a caller states of it is ignored: neither believed nor refused. */
  readonly ignoresCaller?: boolean
}

/** Attributes by name. Looked up with `Object.hasOwn` only, so `constructor` is a name like any other. */
export type AttributeSchemas = { readonly [name: string]: AttributeSchema }

/** Everything a condition on one resource type may read. */
export type ConditionSchema = { readonly [S in AttributeSource]?: AttributeSchemas }

export function attributeSchema(
  schema: ConditionSchema,
  ref: { readonly source: AttributeSource; readonly name: string },
): AttributeSchema | undefined {
  const ofSource = schema[ref.source]
  return ofSource && Object.hasOwn(ofSource, ref.name) ? ofSource[ref.name] : undefined
}
