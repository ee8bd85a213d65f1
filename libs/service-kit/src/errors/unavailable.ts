/**
 * Tells "a dependency cannot be reached or cannot work right now" from "we have a bug": the first is 503 and worth a
 * retry, the second is 500. Judged by error codes along the chain of causes, so it knows drivers by what they report
 * and imports none of them.
 */

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CLOSED',
  'UND_ERR_DESTROYED',
])
/**
 * SQLSTATE classes and codes (PostgreSQL appendix A): connection, resources, operator intervention, system errors,
 * read-only standby, lost races.
 */
const sqlStates = [/^08/, /^53/, /^57P0/, /^57014$/, /^58/, /^55P03$/, /^25006$/, /^40(001|P01)$/]
const redisNames = new Set(['MaxRetriesPerRequestError', 'ClusterAllFailedError', 'AbortError'])
const redisMessages =
  /^(Connection is closed|Stream isn't writeable|Command timed out|READONLY |LOADING |MASTERDOWN |CLUSTERDOWN )/

/** The error and its causes, outermost first; at most 8, so a cycle ends. */
export function causesOf(err: unknown): unknown[] {
  const chain: unknown[] = []
  for (
    let at: unknown = err;
    at !== undefined && at !== null && chain.length < 8;
    at = (at as { cause?: unknown }).cause
  )
    chain.push(at)
  return chain
}

function isOneUnavailable(err: unknown): boolean {
  if (typeof err !== 'object' || err === null) return false
  const { code, name, message } = err as { code?: unknown; name?: unknown; message?: unknown }
  if (typeof code === 'string' && (networkCodes.has(code) || sqlStates.some((state) => state.test(code)))) return true
  if (typeof name === 'string' && redisNames.has(name)) return true
  return typeof message === 'string' && redisMessages.test(message)
}

/** Whether the error, or one that caused it, says a dependency is unavailable. */
export const isDependencyUnavailable = (err: unknown): boolean => causesOf(err).some(isOneUnavailable)

/**
 * Input PostgreSQL cannot store (a NUL or a lone surrogate that got past the schemas): the caller's fault, never a 500.
 */
export const isUnstorableText = (err: unknown): boolean =>
  causesOf(err).some((one) => ['22021', '22P05'].includes(String((one as { code?: unknown }).code)))
