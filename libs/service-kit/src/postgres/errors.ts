/**
 * Reading PostgreSQL failures: what to retry, what to answer 503 for, what settles a race. A driver's message repeats
 * statement parameters, so it is never logged or stored: `describeFailure` gives the part that is safe.
 */

import { causesOf, isDependencyUnavailable } from '../errors/unavailable.ts'

type Coded = { code?: unknown; constraint_name?: unknown; table_name?: unknown; routine?: unknown }

const chainOf = (error: unknown): Coded[] =>
  causesOf(error).filter((link): link is Coded => typeof link === 'object' && link !== null)

/** The five-character SQLSTATE, when PostgreSQL itself refused. */
export function sqlState(error: unknown): string | undefined {
  for (const { code } of chainOf(error))
    if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && code !== 'EPIPE') return code
  return undefined
}

/** An idle or over-long transaction was ended by the server. */
const endedByServer = new Set(['25P03', '25P04'])

/**
 * PostgreSQL can't be reached or can't answer now: the caller answers 503, a consumer tries again without counting it.
 */
export const isUnavailable = (error: unknown): boolean =>
  endedByServer.has(sqlState(error) ?? '') || isDependencyUnavailable(error)

/** The server ended the connection, or the driver gave it up. */
const lostByDriver = new Set<unknown>([
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'CONNECT_TIMEOUT',
  'ECONNRESET',
  'EPIPE',
])

/** The connection is gone, not just the query: what shared its pool may be gone as well. */
export const isConnectionLost = (error: unknown): boolean =>
  ['57P01', '57P02', '57P03'].includes(sqlState(error) ?? '') ||
  chainOf(error).some(({ code }) => lostByDriver.has(code))

/** Where PostgreSQL finds that a named statement is not there, or that its table is another one by now. */
const planChecks = new Set<unknown>(['FetchPreparedStatement', 'RevalidateCachedQuery', 'transformAssignedExpr'])

/** Nothing has happened, and the same statement may succeed under another name. */
export const isOutdatedPlan = (error: unknown): boolean => chainOf(error).some(({ routine }) => planChecks.has(routine))

/** Serialization failure, deadlock or outdated plan: the same transaction may succeed when run again. */
export function isRetryable(error: unknown): boolean {
  const state = sqlState(error)
  return state === '40001' || state === '40P01' || isOutdatedPlan(error)
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
    const source = chainOf(error).find((link) => link.code === state)
    const place = [source?.table_name, source?.constraint_name].filter((name) => typeof name === 'string').join('.')
    return `PostgreSQL ${state}${place === '' ? '' : ` at ${place}`}`
  }
  for (const { code } of chainOf(error)) if (typeof code === 'string') return code
  if (error instanceof Error) return `${error.name}: ${error.message.split('\n', 1)[0]?.slice(0, 200) ?? ''}`
  return 'unknown failure'
}
