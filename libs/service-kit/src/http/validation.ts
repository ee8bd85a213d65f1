/**
 * Validates what comes in: strict ajv over closed schemas. Bodies are taken as they are; the text of a query or a path may become an integer
 * where the contract wants one, and nothing else is ever coerced or removed.
 */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import formatsPlugin from 'ajv-formats'
import type { TSchema } from 'typebox'
import type { FieldError } from '../errors/app-error.ts'
import { closedSchema } from './closed-schema.ts'

const addFormats = formatsPlugin as unknown as typeof formatsPlugin.default

function createAjv(allErrors: boolean): Ajv {
  const ajv = new Ajv({ allErrors, useDefaults: true, coerceTypes: false, removeAdditional: false, strict: true, strictTypes: false, strictRequired: false, ownProperties: true })
  addFormats(ajv, ['date-time', 'date', 'email', 'uri', 'uuid', 'ipv4', 'ipv6', 'hostname'])
  return ajv
}

/** The first error is enough to refuse; all of them are only looked for when somebody will read them. */
const quick = createAjv(false)
const thorough = createAjv(true)

export type Validation<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly errors: FieldError[] }

export type Validator = (value: unknown) => Validation<unknown>

/** @param where - `body`, `query` or `params`; begins each error's path outside of bodies */
export function createValidator(schema: TSchema, where: 'body' | 'query' | 'params' | 'headers'): Validator {
  const closed = closedSchema(schema)
  const integers = where === 'body' ? [] : integerProperties(closed)
  const validate = quick.compile(closed)
  let explain: ValidateFunction | undefined
  return (value) => {
    const candidate = integers.length > 0 ? withIntegers(value, integers) : value
    if (validate(candidate)) return { ok: true, value: candidate }
    explain ??= thorough.compile(closed)
    explain(candidate)
    return { ok: false, errors: fieldErrors(explain.errors ?? validate.errors ?? [], where) }
  }
}

function integerProperties(schema: { [keyword: string]: unknown }): string[] {
  const properties = (schema['properties'] ?? {}) as Record<string, { type?: unknown }>
  return Object.keys(properties).filter((name) => properties[name]?.type === 'integer')
}

function withIntegers(value: unknown, names: string[]): unknown {
  const copy: Record<string, unknown> = { ...(value as Record<string, unknown>) }
  for (const name of names) {
    const text = copy[name]
    if (typeof text === 'string' && /^(0|-?[1-9][0-9]{0,14})$/.test(text)) copy[name] = Number(text)
  }
  return copy
}

function fieldErrors(errors: ErrorObject[], where: string): FieldError[] {
  const found = errors.map((error) => {
    const extra = error.keyword === 'additionalProperties' ? `/${String(error.params['additionalProperty'])}` : ''
    const missing = error.keyword === 'required' ? `/${String(error.params['missingProperty'])}` : ''
    const pointer = `${error.instancePath}${extra}${missing}`
    return { path: (where === 'body' ? pointer : `${where}${pointer}`).slice(0, 200), message: messageOf(error) }
  })
  const unique = new Map(found.map((error) => [`${error.path} ${error.message}`, error]))
  return [...unique.values()].slice(0, 20)
}

function messageOf(error: ErrorObject): string {
  if (error.keyword === 'additionalProperties') return 'is not known'
  if (error.keyword === 'required') return 'is required'
  if (error.keyword === 'pattern') return 'has the wrong form'
  return error.message ?? 'is not valid'
}
