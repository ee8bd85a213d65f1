/**
 * Values made from the schema of a contract: the smallest that it takes, and every place in it where another value
 * could stand.
 */
import type { RouteContract } from '@gatehouse/contracts/http/contract'
import type { TSchema } from 'typebox'

export type Schema = TSchema & {
  type?: string
  properties?: Record<string, Schema>
  items?: Schema
  anyOf?: Schema[]
  enum?: unknown[]
  const?: unknown
  pattern?: string
  format?: string
  minLength?: number
  minimum?: number
  required?: string[]
  minItems?: number
  minProperties?: number
}

/** Where a value stands in a body. */
export type BodyPath = readonly (string | number)[]

export const idPrefix = (schema: Schema): string | undefined => /^\^([a-z]+)_\[0-7\]/.exec(schema.pattern ?? '')?.[1]

/** The path of a route with its parameters filled; a parameter without an id is filled with its own name. */
export const pathOf = (route: Pick<RouteContract, 'path'>, ids: Record<string, string>): string =>
  route.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(ids[name] ?? name))

export const parametersOf = (route: Pick<RouteContract, 'path'>): string[] =>
  [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '')

/** The smallest value a schema takes; ids come from `ids` by their prefix, so a body speaks of that tenant's things. */
export const sample = (schema: Schema, ids: Record<string, string>): unknown => {
  if (schema.const !== undefined) return schema.const
  if (schema.anyOf) return sample(schema.anyOf.find((option) => option.type !== 'null') ?? {}, ids)
  const prefix = idPrefix(schema)
  if (prefix)
    return Object.values(ids).find((id) => id.startsWith(`${prefix}_`)) ?? `${prefix}_01jd000000e008000000000000`
  if (schema.type === 'object') {
    const names = Object.keys(schema.properties ?? {}).filter(
      (name) => schema.required?.includes(name) || schema.minProperties,
    )
    return Object.fromEntries(names.map((name) => [name, sample(schema.properties?.[name] ?? {}, ids)]))
  }
  if (schema.type === 'array') return schema.minItems ? [sample(schema.items ?? {}, ids)] : []
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 1
  if (schema.type === 'boolean') return false
  if (schema.format === 'email') return 'sweep@example.test'
  if (schema.format === 'date-time') return '2100-01-01T00:00:00Z'
  if (schema.pattern?.includes(':(')) return 'invoice:read'
  return 'sweep-value-long-enough'
}

/**
 * Every place of a body, the body itself first. AuthZEN's `id` members are free strings, yet they name things of a
 * tenant.
 */
export function positionsIn(
  schema: Schema,
  at: BodyPath = [],
): { at: BodyPath; schema: Schema; prefix: string | undefined }[] {
  const options = schema.anyOf ?? [schema]
  const within = options.flatMap((option) => [
    ...(option.anyOf ? positionsIn(option, at).slice(1) : []),
    ...Object.entries(option.properties ?? {}).flatMap(([name, child]) =>
      positionsIn(child, [...at, name]).map((found) =>
        found.at.length === at.length + 1 && name === 'id' && option.properties?.['type']
          ? { ...found, prefix: found.prefix ?? 'user' }
          : found,
      ),
    ),
    ...(option.items ? positionsIn(option.items, [...at, 0]) : []),
  ])
  const prefix = options.map(idPrefix).find((found) => found !== undefined)
  const all = [{ at, schema, prefix }, ...within]
  return [...new Map(all.map((found) => [found.at.join('/'), found])).values()]
}

/** The value with another one at a place; what is missing on the way is made. */
export const withValue = (value: unknown, at: BodyPath, replacement: unknown): unknown => {
  const [head, ...rest] = at
  if (head === undefined) return replacement
  if (typeof head === 'number') {
    const items: unknown[] = Array.isArray(value) ? [...(value as unknown[])] : []
    items[head] = withValue(items[head], rest, replacement)
    return items
  }
  const members = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  return { ...members, [head]: withValue(members[head], rest, replacement) }
}
