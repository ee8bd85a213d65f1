/**
 * Reading PostgreSQL failures: what to retry, what to answer 503 for, what settles a race.
 * A driver's message repeats statement parameters, so it is never logged or stored: `describeFailure` gives the part that is safe.
 */

type Coded = { code?: unknown; constraint_name?: unknown; table_name?: unknown; cause?: unknown }

/** The error itself and what caused it, at most five deep: drizzle wraps the driver's error. */
function* chainOf(error: unknown): Generator<Coded> {
  let current = error
  for (let depth = 0; depth < 5 && typeof current === 'object' && current !== null; depth += 1) {
    yield current
    current = (current as Coded).cause
  }
}

/** The five-character SQLSTATE, when PostgreSQL itself refused. */
export function sqlState(error: unknown): string | undefined {
  for (const { code } of chainOf(error)) if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && code !== 'EPIPE') return code
  return undefined
}

const lostConnection = new Set([
  'CONNECTION_CLOSED', 'CONNECTION_ENDED', 'CONNECTION_DESTROYED', 'CONNECT_TIMEOUT',
  'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN',
])
// 08 connection, 53 out of resources (disk full, too many connections), 57P shutdown, 57014 time limit, 55P03 lock not available,
// 25P03/25P04 idle or over-long transaction ended, 58030 I/O error, 40001/40P01 serialization and deadlock after their retries.
const unavailableState = /^(08...|53...|57P..|57014|55P03|25P03|25P04|58030|40001|40P01)$/

/** PostgreSQL can't be reached or can't answer now: the caller answers 503, a consumer tries again without counting it. */
export function isUnavailable(error: unknown): boolean {
  const state = sqlState(error)
  if (state !== undefined) return unavailableState.test(state)
  for (const { code } of chainOf(error)) if (typeof code === 'string' && lostConnection.has(code)) return true
  return false
}

/** Serialization failure or deadlock: the same transaction may succeed when run again. */
export function isRetryable(error: unknown): boolean {
  const state = sqlState(error)
  return state === '40001' || state === '40P01'
}

/** Another transaction won: a unique constraint (the named one, when given) refused this row. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (sqlState(error) !== '23505') return false
  if (constraint === undefined) return true
  for (const { constraint_name } of chainOf(error)) if (constraint_name === constraint) return true
  return false
}

/** One line for logs and for the reason of a parked or dead event: never a statement, never a parameter. */
export function describeFailure(error: unknown): string {
  const state = sqlState(error)
  if (state !== undefined) {
    const source = [...chainOf(error)].find((link) => link.code === state)
    const place = [source?.table_name, source?.constraint_name].filter((name) => typeof name === 'string').join('.')
    return `PostgreSQL ${state}${place === '' ? '' : ` at ${place}`}`
  }
  for (const { code } of chainOf(error)) if (typeof code === 'string') return code
  if (error instanceof Error) return `${error.name}: ${error.message.split('\n', 1)[0]?.slice(0, 200) ?? ''}`
  return 'unknown failure'
}
