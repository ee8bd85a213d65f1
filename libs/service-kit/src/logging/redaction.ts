/**
 * The one list of what never reaches a log line: secrets by the name of their field, secrets by their shape, personal
 * data by name. Applied to every object and message logged, at any depth, so no caller has to remember it.
 */

const redacted = '[redacted]'

/** Compared without case, dashes and underscores. */
const secretNames = new Set(
  [
    'authorization',
    'proxy-authorization',
    'cookie',
    'set-cookie',
    'gatehouse-access-token',
    'gatehouse-authorization',
    'client_assertion',
    'continuation',
    'password',
    'new_password',
    'current_password',
    'token',
    'access_token',
    'refresh_token',
    'id_token',
    'challenge',
    'secret',
    'client_secret',
    'api_key',
    'private_key',
    'privateJwk',
    'jwk',
    'assertion',
    'credential',
    'credentials',
    'otp',
    'code_verifier',
    'recovery_code',
    'recovery_codes',
    'passphrase',
    'kek',
    'plaintext',
    'd',
    'email',
    'email_address',
    'name',
    'display_name',
    'full_name',
    'address',
    'to',
    'phone',
    'parameters',
    'params',
    'query_params',
    'body',
    'payload',
    'hash',
    'detail',
  ].map(normalized),
)
/**
 * Fields of that list which are harmless in the small objects named here (an error has a name, a service has a name).
 */
const harmlessIn = new Map([['name', new Set(['err', 'cause', 'root'])]])

const secretShapes: [RegExp, string][] = [
  [/\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(\.[A-Za-z0-9_-]*)?/g, redacted],
  [/\bgth[a-z]_[A-Za-z0-9_-]{8,}/g, redacted],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]+/gi, `$1 ${redacted}`],
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s@/]+@/gi, `$1:${redacted}@`],
  [/([?&](?:token|code|secret|key)=)[^\s&#"]+/gi, `$1${redacted}`],
  [/[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+/g, redacted],
  // drizzle puts the values of a failed query behind this word.
  [/\nparams:[\s\S]*/g, `\nparams: ${redacted}`],
]

/** What no text of those shapes is without. Most texts have none of it, and one look at them is enough. */
const suspicious = /eyj|gth|bearer|basic|[@=]|\nparams:/i

function normalized(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '')
}

/** A text without secrets that betray themselves by their shape. */
export function redactText(text: string): string {
  if (!suspicious.test(text)) return text
  return secretShapes.reduce((safe, [shape, replacement]) => safe.replace(shape, replacement), text)
}

function redactError(err: Error, depth: number): Record<string, unknown> {
  const { code, internal, cause } = err as Error & { code?: unknown; internal?: unknown }
  return {
    type: err.name,
    message: redactText(err.message),
    ...(code === undefined ? {} : { code }),
    ...(typeof internal === 'string' ? { internal: redactText(internal) } : {}),
    stack: redactText(err.stack ?? ''),
    ...(cause === undefined ? {} : { cause: redactValue(cause, 'cause', depth + 1) }),
  }
}

function redactValue(value: unknown, parent: string, depth: number): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return value
  if (depth > 8) return '[deep]'
  if (value instanceof Error) return redactError(value, depth)
  if (value instanceof Date) return value.toISOString()
  if (ArrayBuffer.isView(value)) return '[binary]'
  if (Array.isArray(value)) return value.map((item) => redactValue(item, parent, depth + 1))
  return redactObject(value as Record<string, unknown>, parent, depth)
}

/** Names that were looked up: those of our own code, mostly. */
const known = new Map<string, boolean>()
const mostKnown = 1000

function isSecret(name: string): boolean {
  const found = known.get(name)
  if (found !== undefined) return found
  const isSecretName = secretNames.has(normalized(name))
  if (known.size < mostKnown) known.set(name, isSecretName)
  return isSecretName
}

function redactObject(fields: Record<string, unknown>, parent: string, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([field, value]) => {
      const hidden = isSecret(field) && harmlessIn.get(field)?.has(parent) !== true
      return [field, hidden && value !== undefined && value !== null ? redacted : redactValue(value, field, depth + 1)]
    }),
  )
}

/** A copy of what is about to be logged, safe to write. */
export const redact = (fields: Record<string, unknown>): Record<string, unknown> => redactObject(fields, 'root', 0)
