/**
 * Named schemas of the OpenAPI document. A schema that libs/contracts exports has the name of that constant wherever it
 * is used; a body that has none is named after its operation. What comes in is closed like the validators close it,
 * what goes out may gain members.
 */
import type { TSchema } from 'typebox'

export type Json = { [name: string]: unknown }

/** Whether a schema describes what a client sends or what it gets. */
type Direction = 'input' | 'output'

export type Components = {
  /** A reference where the schema has a name (its own, or `fallback`), else the schema itself. */
  use(schema: TSchema, direction: Direction, fallback?: string): Json
  /** All that were used, by name. */
  schemas(): Json
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** A bare `{ "type": "string" }` is nobody's; what is as particular as this may be recognized by its text. */
const isParticular = (schema: Json): boolean =>
  ['properties', 'pattern', 'format', 'anyOf', 'enum'].some((keyword) => keyword in schema)

/** @param named - exported schemas by name */
export function createComponents(named: ReadonlyMap<string, TSchema>): Components {
  const byIdentity = new Map<unknown, string>([...named].map(([name, schema]) => [schema, name]))
  // `Type.Optional` copies what it is given.
  const byText = new Map<string, string>()
  for (const [name, schema] of named)
    if (isParticular(schema as Json) && !byText.has(JSON.stringify(schema))) byText.set(JSON.stringify(schema), name)
  const components = new Map<string, { text: string; schema: Json }>()
  const nameOf = (schema: Json): string | undefined =>
    byIdentity.get(schema) ?? (isParticular(schema) ? byText.get(JSON.stringify(schema)) : undefined)

  /** Takes the name unless another schema has it: what a client sends is then the one with the longer name. */
  const register = (wanted: string, schema: Json): Json => {
    const text = JSON.stringify(schema)
    const candidates = [wanted, `${wanted}Input`, ...Array.from({ length: 9 }, (_, n) => `${wanted}${n + 2}`)]
    const name = candidates.find((one) => (components.get(one)?.text ?? text) === text)
    if (name === undefined) throw new Error(`Too many schemas are named ${wanted}`)
    components.set(name, { text, schema })
    return { $ref: `#/components/schemas/${name}` }
  }
  const visit = (schema: Json, direction: Direction): Json => {
    const name = nameOf(schema)
    const emitted = emit(schema, direction)
    return name === undefined ? emitted : register(name, emitted)
  }
  const emit = (schema: Json, direction: Direction): Json => {
    const inner = (value: unknown): unknown => (isObject(value) ? visit(value, direction) : value)
    const result = Object.fromEntries(
      Object.entries(schema).map(([keyword, value]) => {
        if (['properties', 'patternProperties'].includes(keyword) && isObject(value))
          return [keyword, Object.fromEntries(Object.entries(value).map(([member, one]) => [member, inner(one)]))]
        if (['anyOf', 'oneOf', 'allOf', 'prefixItems'].includes(keyword) && Array.isArray(value))
          return [keyword, value.map(inner)]
        return ['items', 'additionalProperties'].includes(keyword) ? [keyword, inner(value)] : [keyword, value]
      }),
    )
    const isClosable = schema['type'] === 'object' || 'properties' in schema || 'patternProperties' in schema
    if (direction === 'input' && isClosable && !('additionalProperties' in schema))
      result['additionalProperties'] = false
    return shorter(result)
  }
  return {
    use(schema, direction, fallback) {
      const visited = visit(schema as Json, direction)
      return fallback === undefined || '$ref' in visited ? visited : register(fallback, visited)
    },
    schemas: () =>
      Object.fromEntries(
        [...components].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, { schema }]) => [name, schema]),
      ),
  }
}

/** A choice between constants is an enumeration, which generators turn into a better type. */
function shorter(schema: Json): Json {
  const { anyOf, ...rest } = schema
  if (!Array.isArray(anyOf)) return schema
  const isConstant = (one: unknown): boolean => isObject(one) && typeof one['const'] === 'string'
  return anyOf.every(isConstant) ? { ...rest, type: 'string', enum: anyOf.map((one: Json) => one['const']) } : schema
}
