/**
 * Validates what comes in: strict ajv over closed schemas. Bodies are taken as they are; the text of a query or a path
 * may become an integer or a boolean where the contract wants one, and nothing else is ever coerced or removed.
 */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import formatsPlugin from 'ajv-formats'
import type { TSchema } from 'typebox'
import type { FieldError } from '../errors/app-error.ts'
import { closedSchema } from './closed-schema.ts'

const addFormats = formatsPlugin as unknown as typeof formatsPlugin.default

function createAjv(allErrors: boolean): Ajv {
  const ajv = new Ajv({
    allErrors,
    useDefaults: true,
    coerceTypes: false,
    removeAdditional: false,
    strict: true,
    strictTypes: false,
    strictRequired: false,
    ownProperties: true,
  })
  addFormats(ajv, ['date-time', 'date', 'email', 'uri', 'uuid', 'ipv4', 'ipv6', 'hostname'])
  return ajv
}

/** The first error is enough to refuse; all of them are only looked for when somebody will read them. */
const quick = createAjv(false)
const thorough = createAjv(true)

export type Validation<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly errors: FieldError[] }

export type Validator = (value: unknown) => Validation<unknown>

/** @param where - `body`, `query` or `params`; begins each error's path outside of bodies */
export function createValidator(schema: TSchema, where: 'body' | 'query' | 'params' | 'headers'): Validator {
  const closed = closedSchema(schema)
  const scalars = where === 'body' ? [] : scalarProperties(closed)
  const validate = quick.compile(closed)
  let explain: ValidateFunction | undefined
  return (value) => {
    const candidate = scalars.length > 0 ? withScalars(value, scalars) : value
    if (validate(candidate)) return { ok: true, value: candidate }
    explain ??= thorough.compile(closed)
    explain(candidate)
    return { ok: false, errors: fieldErrors(explain.errors ?? validate.errors ?? [], where) }
  }
}

type ScalarProperty = { name: string; type: 'integer' | 'boolean' }

function scalarProperties(schema: { [keyword: string]: unknown }): ScalarProperty[] {
  const properties = (schema['properties'] ?? {}) as Record<string, { type?: unknown }>
  return Object.entries(properties).flatMap(([name, { type }]) =>
    type === 'integer' || type === 'boolean' ? [{ name, type }] : [],
  )
}

function withScalars(value: unknown, scalars: ScalarProperty[]): unknown {
  const copy: Record<string, unknown> = { ...(value as Record<string, unknown>) }
  for (const { name, type } of scalars) {
    const text = copy[name]
    if (typeof text !== 'string') continue
    if (type === 'integer' && /^(0|-?[1-9][0-9]{0,15})$/.test(text) && Number.isSafeInteger(Number(text)))
      copy[name] = Number(text)
    if (type === 'boolean' && (text === 'true' || text === 'false')) copy[name] = text === 'true'
  }
  return copy
}

function fieldErrors(errors: ErrorObject[], where: string): FieldError[] {
  const allowed = allowedConstants(errors)
  const isSaidBetter = ({ keyword, instancePath }: ErrorObject): boolean =>
    (keyword === 'anyOf' || keyword === 'oneOf') && allowed.has(instancePath)
  const found = errors.flatMap((error) => {
    if (isSaidBetter(error)) return []
    const extra = error.keyword === 'additionalProperties' ? `/${String(error.params['additionalProperty'])}` : ''
    const missing = error.keyword === 'required' ? `/${String(error.params['missingProperty'])}` : ''
    const pointer = `${error.instancePath}${extra}${missing}`
    const path = (where === 'body' ? pointer : `${where}${pointer}`).slice(0, 200)
    return [{ path, message: messageOf(error, allowed.get(error.instancePath)) }]
  })
  const unique = new Map(found.map((error) => [`${error.path} ${error.message}`, error]))
  return [...unique.values()].slice(0, 20)
}

/** By place, every constant that could stand there: a union of them complains of each by itself. */
function allowedConstants(errors: readonly ErrorObject[]): ReadonlyMap<string, readonly unknown[]> {
  const byPath = new Map<string, unknown[]>()
  for (const { keyword, instancePath, params } of errors)
    if (keyword === 'const')
      byPath.set(instancePath, [...(byPath.get(instancePath) ?? []), params['allowedValue'] as unknown])
  return byPath
}

function messageOf(error: ErrorObject, constants: readonly unknown[] = []): string {
  if (error.keyword === 'additionalProperties') return 'is not known'
  if (error.keyword === 'required') return 'is required'
  if (error.keyword === 'pattern') return 'has the wrong form'
  if (error.keyword === 'const') return oneOf(constants)
  if (error.keyword === 'enum') return oneOf(error.params['allowedValues'] as readonly unknown[])
  return error.message ?? 'is not valid'
}

const oneOf = (values: readonly unknown[]): string =>
  `must be ${[...new Set(values)].map((value) => JSON.stringify(value)).join(' or ')}`
