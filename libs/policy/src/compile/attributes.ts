/**
 * Attribute values as they arrive at a decision, and how one is read: by own property only, and only when it has the
 * declared type. A value of another type is no value.
 */
import type { AttributeSource, AttributeType, TypedAttributeRef } from '../ir/condition.ts'
import { instantMs } from '../ir/instant.ts'
import { textsOf, type Budget } from './budget.ts'

/**
 * Values by name, per source. Timestamps are RFC 3339 texts or milliseconds since the epoch; parts of a millisecond do
 * not count.
 */
export type AttributeValues = { readonly [S in AttributeSource]?: { readonly [name: string]: unknown } }

/** A value inside the engine: timestamps are milliseconds since the epoch. */
export type Value = string | number | boolean | readonly string[]

/** The value in the form the engine compares, or undefined when it is missing or not of the type. */
export function valueOfType(type: AttributeType, value: unknown): Value | undefined {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : undefined
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) ? value : undefined
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined
    case 'timestamp':
      if (typeof value === 'number') return Number.isFinite(value) ? Math.floor(value) : undefined
      return typeof value === 'string' ? instantMs(value) : undefined
    case 'string_list':
      return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined
  }
}

/** The attribute's value for one evaluation. Walking a list counts. */
export const readAttribute = (values: AttributeValues, ref: TypedAttributeRef, budget: Budget): Value | undefined =>
  attributeReader(ref)(values, budget)

/** `readAttribute` of one attribute: what its type and source decide is decided once. */
export function attributeReader({
  source,
  name,
  type,
}: TypedAttributeRef): (values: AttributeValues, budget: Budget) => Value | undefined {
  switch (type) {
    case 'string':
      return (values) => {
        const value = ownValue(values, source, name)
        return typeof value === 'string' ? value : undefined
      }
    case 'number':
      return (values) => {
        const value = ownValue(values, source, name)
        return typeof value === 'number' && Number.isFinite(value) ? value : undefined
      }
    case 'boolean':
      return (values) => {
        const value = ownValue(values, source, name)
        return typeof value === 'boolean' ? value : undefined
      }
    case 'timestamp':
      return (values) => valueOfType(type, ownValue(values, source, name))
    case 'string_list':
      return (values, budget) => textsOf(ownValue(values, source, name), budget)
  }
}

function ownValue(values: AttributeValues, source: AttributeSource, name: string): unknown {
  const ofSource = valuesOf(values, source)
  return ofSource !== undefined && Object.hasOwn(ofSource, name) ? ofSource[name] : undefined
}

/** Each property under its own name, which the compiler makes a plain load of. */
function valuesOf(values: AttributeValues, source: AttributeSource): { readonly [name: string]: unknown } | undefined {
  switch (source) {
    case 'resource':
      return values.resource
    case 'membership':
      return values.membership
    case 'user':
      return values.user
    case 'request':
      return values.request
    case 'organization':
      return values.organization
    case 'action':
      return values.action
  }
}
