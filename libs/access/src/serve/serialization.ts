/**
 * What the serializer of an answer is made from. It compiles a validator for each union at the first answer that has
 * one, in the event loop, and asks it for every value; so unions are said in words that need none.
 */
import type { TSchema } from 'typebox'

type Schema = { readonly [keyword: string]: unknown }

/**
 * A contract's answer as a schema without unions and patterns: what is written is not checked again. An object keeps
 * its closed list of members; of a union of objects, the members of all.
 */
export const serializationOf = (schema: TSchema): object =>
  JSON.parse(JSON.stringify(schema), (key, value: unknown) => {
    if (key === 'pattern' && typeof value === 'string') return undefined
    return isUnion(value) ? withoutUnion(value.anyOf) : value
  }) as object

const isUnion = (value: unknown): value is { anyOf: readonly Schema[] } =>
  typeof value === 'object' && value !== null && 'anyOf' in value && Array.isArray(value.anyOf)

/** Whatever JSON there is. */
const anything: Schema = {}

/** `null` is one of the values of any type. */
function withoutUnion(options: readonly Schema[]): Schema {
  const values = options.filter(({ type }) => type !== 'null')
  const joined = values.length === 0 ? anything : values.reduce(join)
  const isNullable = values.length < options.length || values.some(({ nullable }) => nullable === true)
  return isNullable && joined !== anything ? { ...joined, nullable: true } : joined
}

/** One schema by which values of both are written as each by its own. */
function join(a: Schema, b: Schema): Schema {
  if (JSON.stringify(a) === JSON.stringify(b)) return a
  if (isClosedObject(a) && isClosedObject(b)) return joinObjects(a, b)
  const { type } = a
  const isScalar = type === 'string' || type === 'number' || type === 'boolean'
  return isScalar && b['type'] === type ? { type } : anything
}

type ClosedObject = Schema & { readonly properties: Readonly<Record<string, Schema>>; readonly required?: string[] }

const isClosedObject = (schema: Schema): schema is ClosedObject =>
  schema['type'] === 'object' &&
  typeof schema['properties'] === 'object' &&
  (schema['additionalProperties'] ?? false) === false &&
  schema['patternProperties'] === undefined

function joinObjects(a: ClosedObject, b: ClosedObject): Schema {
  const names = new Set([...Object.keys(a.properties), ...Object.keys(b.properties)])
  const member = (name: string): Schema => {
    const options = [a.properties[name], b.properties[name]].filter((schema) => schema !== undefined)
    return withoutUnion(options)
  }
  return {
    type: 'object',
    properties: Object.fromEntries([...names].map((name) => [name, member(name)])),
    required: a.required?.filter((name) => b.required?.includes(name)) ?? [],
  }
}
