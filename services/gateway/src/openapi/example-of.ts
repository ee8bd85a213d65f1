/**
 * Bodies for the reference, made from the schemas that validate them. Text is the first word of a list that the schema
 * takes, so an example of a new contract needs nothing but its schema; a schema that takes none of the words wants an
 * `example` of its contract, or another word here.
 */
import type { TSchema } from 'typebox'

type Schema = TSchema & {
  type?: string
  const?: unknown
  enum?: readonly unknown[]
  anyOf?: readonly Schema[]
  properties?: Readonly<Record<string, Schema>>
  required?: readonly string[]
  minProperties?: number
  items?: Schema
  minItems?: number
  minimum?: number
  pattern?: string
  format?: string
  minLength?: number
  maxLength?: number
}

/** By the name of a member; each may stand for several kinds of text. */
const wordsByName: Readonly<Record<string, readonly string[]>> = {
  email: ['ann@example.com'],
  name: ['Ann Example', 'Acme', 'example.com'],
  password: ['correct horse battery staple'],
  current_password: ['correct horse battery staple'],
  code: ['123456'],
  type: ['invoice'],
  reason: ['Asked for by the owner'],
  address: ['203.0.113.7'],
  ip: ['203.0.113.7'],
}

/** From the plainest to the most particular. */
const words: readonly string[] = [
  'example',
  'https://app.example.com/callback',
  'example.com',
  'ann@example.com',
  'invoice:read',
  'session.ended',
  '#0b5fff',
  '$.id',
  'gatehouse-example-value-that-is-long-enough',
]

/** The prefix of a TypeID, out of its pattern. */
const prefixIn = (pattern = ''): string | undefined => /^\^\(?([a-z]+)[|a-z]*\)?_\[0-7\]/.exec(pattern)?.[1]

/** @throws Error where the list has no word that the schema takes. */
export function exampleOf(schema: TSchema, name = ''): unknown {
  const one = schema as Schema
  if (one.const !== undefined) return one.const
  if (one.enum) return one.enum[0]
  if (one.anyOf) return exampleOf(one.anyOf.find(({ type }) => type !== 'null') ?? { type: 'null' }, name)
  if (one.type === 'object' || one.properties) return objectOf(one)
  if (one.type === 'array') return arrayOf(one, name)
  if (one.type === 'integer' || one.type === 'number') return Math.max(one.minimum ?? 1, 1)
  if (one.type === 'boolean') return true
  return one.type === 'string' ? textOf(one, name) : null
}

/** Members that must be there, and the first where some must be. */
function objectOf({ properties = {}, required = [], minProperties = 0 }: Schema): object {
  const names = Object.keys(properties)
  const wanted = names.filter((name) => required.includes(name))
  const chosen = wanted.length < minProperties ? names.slice(0, minProperties) : wanted
  return Object.fromEntries(chosen.map((name) => [name, exampleOf(properties[name] as Schema, name)]))
}

const arrayOf = ({ items, minItems = 1 }: Schema, name: string): unknown[] =>
  items ? Array.from({ length: Math.max(minItems, 1) }, () => exampleOf(items, name)) : []

function textOf(schema: Schema, name: string): string {
  if (schema.format === 'date-time') return '2027-01-15T09:30:00Z'
  const prefix = prefixIn(schema.pattern)
  if (prefix !== undefined) return `${prefix}_01jd000000e008000000000000`
  const found = [...(wordsByName[name] ?? []), ...words].find((word) => takes(schema, word))
  if (found === undefined) throw new Error(`no example fits ${name}: ${JSON.stringify(schema)}`)
  return found
}

const takes = ({ pattern, format, minLength = 0, maxLength = Infinity }: Schema, word: string): boolean =>
  word.length >= minLength &&
  word.length <= maxLength &&
  (pattern === undefined || new RegExp(pattern, 'u').test(word)) &&
  (format !== 'uri' || word.startsWith('https:')) &&
  (format !== 'email' || word.includes('@'))
