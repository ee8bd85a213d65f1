/**
 * Environment in, frozen and typed configuration out; or every error at once, because nobody should learn of them one
 * restart at a time. `<NAME>_FILE` names a file with the value. An empty variable counts as absent. Values of secrets
 * never appear in an error.
 */
import { readFileSync } from 'node:fs'
import type { Static, TObject } from 'typebox'
import { Errors } from 'typebox/value'
import type { DatabaseRole, SecretKind } from './schema.ts'
import { uniformityOf, weaknessOf } from './weak-secret.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export type ConfigError = Error & { readonly errors: readonly string[] }

export const isConfigError = (err: unknown): err is ConfigError => err instanceof Error && err.name === 'ConfigError'

type Setting = {
  type?: string
  default?: unknown
  secret?: SecretKind
  protocols?: string[]
  databaseRole?: DatabaseRole
  anyOf?: { const?: unknown }[]
  pattern?: string
}

type LoadOptions = { service?: string; inspect?: (config: Record<string, unknown>) => string[] }

/**
 * `service` is whose database roles the URLs must name; unchecked when absent. `inspect` sees all values and adds what
 * a schema cannot say.
 *
 * @throws ConfigError
 */
export function loadConfig<const S extends TObject>(
  schema: S,
  env: Environment,
  { service, inspect }: LoadOptions = {},
): Readonly<Static<S>> {
  const errors: string[] = []
  const settings = Object.entries(schema.properties as Record<string, Setting>)
  const judge = { isDevelopment: (env['GATEHOUSE_ENV'] || 'production') === 'development', service }
  const config: Record<string, unknown> = {}

  for (const [name, setting] of settings) {
    const text = readText(name, env, errors)
    if (text === undefined) {
      if (setting.default !== undefined) config[name] = setting.default
      else if ((schema.required ?? []).includes(name) && !errors.some((error) => isAbout(error, name)))
        errors.push(`${name} is required (or ${name}_FILE)`)
      continue
    }
    config[name] = valueOf(text, setting)
    errors.push(...complaintsAbout(name, text, setting, judge))
  }
  errors.push(...schemaErrors(schema, config, errors))
  errors.push(...(inspect?.(config) ?? []))
  if (errors.length > 0)
    throw Object.assign(new Error(`Configuration is not valid:\n  ${errors.join('\n  ')}`), {
      name: 'ConfigError',
      errors,
    })
  return Object.freeze(config) as Readonly<Static<S>>
}

/** `PORT` is not `PORT_RANGE`. */
const isAbout = (line: string, name: string): boolean =>
  line.startsWith(name) && /^(_FILE)?[ :]/.test(line.slice(name.length))

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
  if (setting.type === 'boolean')
    return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text
  if (setting.type === 'array')
    return text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '')
  return text
}

function complaintsAbout(
  name: string,
  text: string,
  setting: Setting,
  { isDevelopment, service }: { isDevelopment: boolean; service: string | undefined },
): string[] {
  const url = setting.protocols ? parseUrl(text) : undefined
  if (url === null) return [`${name} is not a URL`]
  if (url && !setting.protocols?.includes(url.protocol))
    return [`${name} must begin with ${setting.protocols?.map((protocol) => `${protocol}//`).join(' or ')}`]
  const role = setting.databaseRole && service && `${service}_${setting.databaseRole}`
  if (role && url && url.username !== role)
    return [`${name} must sign in as ${role}: the grants of ${service} name its own roles`]
  if (isDevelopment || setting.secret === undefined) return []
  if (setting.secret !== 'url') return lineOf(name, setting.secret === 'key' ? uniformityOf(text) : weaknessOf(text))
  const password = decoded(url?.password ?? '')
  if (password === undefined) return [`${name}: a % in its password must be written %25`]
  return lineOf(
    password === '' ? name : `${name}: its password`,
    password === '' ? 'has no password in it' : weaknessOf(password),
  )
}

const lineOf = (subject: string, weakness: string | undefined): string[] =>
  weakness === undefined ? [] : [`${subject} ${weakness}`]

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
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
