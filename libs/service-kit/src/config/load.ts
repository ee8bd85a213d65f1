/**
 * Environment in, frozen and typed configuration out; or every error at once, because nobody should learn of them one restart at a time.
 * `<NAME>_FILE` names a file with the value. An empty variable counts as absent. Values of secrets never appear in an error.
 */
import { readFileSync } from 'node:fs'
import type { Static, TObject } from 'typebox'
import { Errors } from 'typebox/value'
import type { SecretKind } from './schema.ts'
import { weaknessOf } from './weak-secret.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export type ConfigError = Error & { readonly errors: readonly string[] }

export const isConfigError = (err: unknown): err is ConfigError => err instanceof Error && err.name === 'ConfigError'

type Setting = { type?: string; default?: unknown; secret?: SecretKind; protocols?: string[]; anyOf?: { const?: unknown }[]; pattern?: string }

/** @throws ConfigError */
export function loadConfig<const S extends TObject>(schema: S, env: Environment): Readonly<Static<S>> {
  const errors: string[] = []
  const settings = Object.entries(schema.properties as Record<string, Setting>)
  const isDevelopment = (env['GATEHOUSE_ENV'] || 'production') === 'development'
  const config: Record<string, unknown> = {}

  for (const [name, setting] of settings) {
    const text = readText(name, env, errors)
    if (text === undefined) {
      if (setting.default !== undefined) config[name] = setting.default
      else if ((schema.required ?? []).includes(name) && !errors.some((error) => isAbout(error, name))) errors.push(`${name} is required (or ${name}_FILE)`)
      continue
    }
    config[name] = valueOf(text, setting)
    errors.push(...complaintsAbout(name, text, setting, isDevelopment))
  }
  errors.push(...schemaErrors(schema, config, errors))
  if (errors.length > 0) throw Object.assign(new Error(`Configuration is not valid:\n  ${errors.join('\n  ')}`), { name: 'ConfigError', errors })
  return Object.freeze(config) as Readonly<Static<S>>
}

/** `PORT` is not `PORT_RANGE`. */
const isAbout = (line: string, name: string): boolean => line.startsWith(name) && /^(_FILE)?[ :]/.test(line.slice(name.length))

function readText(name: string, env: Environment, errors: string[]): string | undefined {
  const direct = env[name] || undefined
  const file = env[`${name}_FILE`] || undefined
  if (direct !== undefined && file !== undefined) {
    errors.push(`${name} and ${name}_FILE are both set: keep one`)
    return direct
  }
  if (file === undefined) return direct
  try {
    const text = readFileSync(file, 'utf8').trimEnd()
    if (text === '') errors.push(`${name}_FILE names an empty file: ${file}`)
    return text || undefined
  } catch (err) {
    errors.push(`${name}_FILE cannot be read: ${file} (${(err as NodeJS.ErrnoException).code ?? 'error'})`)
    return undefined
  }
}

function valueOf(text: string, setting: Setting): unknown {
  if (setting.type === 'integer' || setting.type === 'number') return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
  if (setting.type === 'boolean') return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text
  if (setting.type === 'array') return text.split(',').map((item) => item.trim()).filter((item) => item !== '')
  return text
}

function complaintsAbout(name: string, text: string, setting: Setting, isDevelopment: boolean): string[] {
  const url = setting.protocols ? parseUrl(text) : undefined
  if (url === null) return [`${name} is not a URL`]
  if (url && !setting.protocols?.includes(url.protocol)) return [`${name} must begin with ${setting.protocols?.map((protocol) => `${protocol}//`).join(' or ')}`]
  if (isDevelopment || setting.secret === undefined || setting.secret === 'key') return []
  const secret = setting.secret === 'url' ? decodeURIComponent(url?.password ?? '') : text
  const weakness = secret === '' ? 'has no password in it' : weaknessOf(secret)
  return weakness === undefined ? [] : [setting.secret === 'url' && secret !== '' ? `${name}: its password ${weakness}` : `${name} ${weakness}`]
}

function parseUrl(text: string): URL | null {
  try {
    return new URL(text)
  } catch {
    return null
  }
}

/** One line per variable; what was already said about it is not said again. */
function schemaErrors(schema: TObject, config: Record<string, unknown>, said: readonly string[]): string[] {
  return Object.entries(config).flatMap(([name, value]) => {
    const setting = schema.properties[name]
    const [error] = setting === undefined || said.some((line) => isAbout(line, name)) ? [] : Errors(setting, value)
    return error === undefined ? [] : [`${name} ${expectationOf(setting as Setting, error.message)}`]
  })
}

function expectationOf(setting: Setting | undefined, message: string): string {
  const options = setting?.anyOf?.map((option) => option.const)
  if (options?.every((option) => typeof option === 'string')) return `must be one of ${options.join(', ')}`
  if (setting?.type === 'boolean') return 'must be true or false'
  return message
}
