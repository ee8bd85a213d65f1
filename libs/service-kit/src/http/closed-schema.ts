/**
 * Contracts say what a body has; this closes them, deeply, so that whatever they do not mention is refused.
 * An object that spells `additionalProperties` itself keeps what it says (standards that demand to ignore the unknown).
 */
import type { TSchema } from 'typebox'

type JsonSchema = { [keyword: string]: unknown }

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * A plain JSON Schema copy in which every object is closed. @throws TypeError for compositions that cannot be closed
 * without changing them.
 */
export function closedSchema(schema: TSchema): JsonSchema {
  return close(JSON.parse(JSON.stringify(schema)) as JsonSchema)
}

function close(schema: JsonSchema): JsonSchema {
  if ('allOf' in schema || '$ref' in schema)
    throw new TypeError('Contracts spread properties instead of intersecting: a closed allOf would refuse everything')
  const result: JsonSchema = { ...schema }
  const isObject = schema['type'] === 'object' || 'properties' in schema || 'patternProperties' in schema
  if (isObject && !('additionalProperties' in schema)) result['additionalProperties'] = false
  for (const keyword of ['properties', 'patternProperties']) {
    const members = schema[keyword]
    if (isSchema(members))
      result[keyword] = Object.fromEntries(
        Object.entries(members).map(([name, member]) => [name, isSchema(member) ? close(member) : member]),
      )
  }
  for (const keyword of ['anyOf', 'oneOf', 'prefixItems']) {
    const options = schema[keyword]
    if (Array.isArray(options)) result[keyword] = options.map((option) => (isSchema(option) ? close(option) : option))
  }
  for (const keyword of ['items', 'additionalProperties']) {
    const inner = schema[keyword]
    if (isSchema(inner)) result[keyword] = close(inner)
  }
  return result
}
