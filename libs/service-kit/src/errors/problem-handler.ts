/**
 * The single place where an error becomes an answer: RFC 9457 `application/problem+json` with `code` and `request_id`.
 * 5xx carries no detail whatever the error says; what cannot be classified is `internal_error` and is logged with its
 * cause.
 */
import { problems, type ProblemCode } from '@gatehouse/contracts/problems/registry'
import { problemTypeBase, type Problem } from '@gatehouse/contracts/problems/problem'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { currentContext } from '../context/request-context.ts'
import type { Logger } from '../logging/logger.ts'
import { AppError, problem } from './app-error.ts'
import { isDependencyUnavailable, isUnstorableText } from './unavailable.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The standard that names the statuses of this route; ours when absent. */
    dialect?: 'authzen'
  }
}

/** What Fastify itself refuses. */
const frameworkCodes: Record<string, ProblemCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed_request',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed_request',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed_request',
  FST_ERR_BAD_URL: 'malformed_request',
  FST_ERR_MAX_PARAM_LENGTH: 'not_found',
  FST_ERR_NOT_FOUND: 'not_found',
  FST_ERR_VALIDATION: 'validation_failed',
  // The client went away while sending; nobody reads the answer.
  ECONNRESET: 'malformed_request',
  ERR_STREAM_PREMATURE_CLOSE: 'malformed_request',
}

/** The code of a refusal by its status, for what the framework refuses under a name that is not in the table. */
const codesByStatus: Record<number, ProblemCode> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  408: 'request_timeout',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
  429: 'rate_limited',
  431: 'headers_too_large',
}

/** What the framework refuses keeps its status, whether or not we know its name. */
function frameworkRefusal(err: unknown): AppError | undefined {
  const {
    name,
    statusCode: status,
    message,
  } = (err ?? {}) as { name?: unknown; statusCode?: unknown; message?: string }
  if (name !== 'FastifyError' || typeof status !== 'number' || status < 400 || status > 499) return undefined
  return problem(codesByStatus[status] ?? 'malformed_request', { status, cause: err, internal: message })
}

/** Seconds a client should wait when nobody said otherwise. */
const defaultRetryAfterSeconds = 1

/** Any thrown value as the AppError that will be answered. */
export function toAppError(err: unknown, isClientGone = false): AppError {
  if (err instanceof AppError) return err
  const code = (err as { code?: unknown } | null)?.code
  // From a neighbour the same codes mean that it is unavailable.
  const isCutOff = code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE'
  if (typeof code === 'string' && Object.hasOwn(frameworkCodes, code) && (!isCutOff || isClientGone)) {
    return problem(frameworkCodes[code] ?? 'internal_error', { cause: err, internal: (err as Error).message })
  }
  const refusal = frameworkRefusal(err)
  if (refusal !== undefined) return refusal
  if (isDependencyUnavailable(err)) return problem('unavailable', { cause: err, internal: (err as Error).message })
  if (isUnstorableText(err)) return problem('malformed_request', { cause: err, internal: 'text that cannot be stored' })
  return problem('internal_error', {
    cause: err,
    internal: err instanceof Error ? err.message : 'a non-error was thrown',
  })
}

/** The document for an error; `type` is the address of its explanation. */
export function problemDocument(err: AppError, requestId: string): Problem {
  const { title } = problems[err.code]
  const { status } = err
  const isPublic = status < 500
  return {
    type: problemTypeBase + err.code,
    title,
    status,
    ...(isPublic && err.detail !== undefined ? { detail: err.detail } : {}),
    code: err.code,
    request_id: requestId,
    ...(isPublic && err.errors !== undefined ? { errors: err.errors } : {}),
  }
}

/** Writes the answer; safe for replies made before any hook ran. */
export function sendProblem(reply: FastifyReply, err: AppError, requestId: string): FastifyReply {
  const { status } = err
  if (status === 503 || status === 429)
    reply.header('retry-after', String(Math.ceil(err.retryAfterSeconds ?? defaultRetryAfterSeconds)))
  if (status === 401 && !reply.hasHeader('www-authenticate'))
    reply.header('www-authenticate', err.challenge ?? challengeFor(err.code))
  reply.header('cache-control', 'no-store').code(status).type('application/problem+json')
  return reply.send(JSON.stringify(problemDocument(err, requestId)))
}

/**
 * RFC 6750 §3: no error code for a caller who sent no token is the gateway's refinement; here the code says what was
 * wrong.
 */
function challengeFor(code: ProblemCode): string {
  return code === 'unauthenticated' || code === 'token_revoked' ? 'Bearer error="invalid_token"' : 'Bearer'
}

/** Installs the handler for errors, unknown routes and unknown methods of known ones. */
export function installProblemHandler(
  app: FastifyInstance,
  o: { log: Logger; noRoute: (request: FastifyRequest, reply: FastifyReply) => AppError },
): void {
  app.setErrorHandler((err, request, reply) => {
    const found = toAppError(err, request.raw.socket.destroyed)
    // Without a route, what a body is like does not matter.
    if (request.is404 && found !== err) return sendProblem(reply, o.noRoute(request, reply), requestIdOf(request))
    const known = inDialect(found, request.routeOptions.config.dialect)
    logProblem(o.log, known, request)
    return sendProblem(reply, known, requestIdOf(request))
  })
  app.setNotFoundHandler((request, reply) => sendProblem(reply, o.noRoute(request, reply), requestIdOf(request)))
}

/** AuthZEN calls every request it cannot read 400. */
const inDialect = (err: AppError, dialect: 'authzen' | undefined): AppError =>
  dialect === 'authzen' && err.code === 'unsupported_media_type'
    ? problem('malformed_request', { detail: 'The media type is not application/json.', cause: err })
    : err

export const requestIdOf = (request: FastifyRequest): string => currentContext()?.requestId ?? request.id

function logProblem(log: Logger, err: AppError, request: FastifyRequest): void {
  const { status } = err
  const fields = { code: err.code, route: request.routeOptions.url, internal: err.internal }
  if (err.code === 'internal_error') log.error({ ...fields, err }, 'request failed')
  else if (status >= 500 && status !== 501) log.warn({ ...fields, err: err.cause }, 'request answered as unavailable')
  else log.debug(fields, 'request refused')
}
