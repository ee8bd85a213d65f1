/**
 * Errors of a protocol's routes in the protocol's own form: `error` and `error_description` as JSON for a program, a
 * plain page for a person in a browser. What our own layers throw is translated; a 5xx carries no description.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from '../logging/logger.ts'
import type { AppError } from './app-error.ts'
import { OAuthError, oauthError } from './oauth-error.ts'
import { requestIdOf, toAppError } from './problem-handler.ts'

const defaultRetryAfterSeconds = 1

/** For the `errorHandler` of a route. */
export const oauthErrorHandler =
  (o: { log: Logger; errors: 'json' | 'page' }) =>
  (err: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const known = err instanceof OAuthError ? err : translated(toAppError(err, request.raw.socket.destroyed))
    note(o.log, known, request)
    if (known.status === 503 || known.status === 429)
      void reply.header('retry-after', String(Math.ceil(known.retryAfterSeconds ?? defaultRetryAfterSeconds)))
    if (known.challenge !== undefined) void reply.header('www-authenticate', known.challenge)
    void reply.headers(known.headers)
    void reply.code(known.status).header('cache-control', 'no-store')
    void (o.errors === 'json' ? sendJson(reply, known) : sendPage(reply, known, requestIdOf(request)))
  }

/** The codes of RFC 6749 §4.1.2.1 say who is at fault; the status says the rest. */
function translated(err: AppError): OAuthError {
  const { status, retryAfterSeconds } = err
  const rest = { status, retryAfterSeconds, internal: err.internal ?? err.code, cause: err.cause ?? err }
  if (status === 503 || status === 429) return oauthError('temporarily_unavailable', rest)
  if (status >= 500) return oauthError('server_error', rest)
  return oauthError('invalid_request', { ...rest, description: err.detail })
}

/** RFC 6749 §5.2 allows `%x20-21 / %x23-5B / %x5D-7E` in a description. */
const describable = (text: string): string => text.replaceAll(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, "'")

const publicDescription = ({ status, description }: OAuthError): string | undefined =>
  status < 500 && description !== undefined ? describable(description) : undefined

function sendJson(reply: FastifyReply, err: OAuthError): FastifyReply {
  const description = publicDescription(err)
  void reply.header('pragma', 'no-cache').type('application/json')
  return reply.send(JSON.stringify({ error: err.code, ...(description && { error_description: description }) }))
}

const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`)

/** A page of plain text: it runs nothing, loads nothing and links nowhere. */
export const plainPage = (title: string, paragraphs: readonly string[]): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title></head>
<body><main><h1>${escaped(title)}</h1>
${paragraphs.map((text) => `<p>${escaped(text)}</p>`).join('')}</main></body></html>
`

/** Where to go from here is known to nobody when the request cannot be believed. */
function sendPage(reply: FastifyReply, err: OAuthError, requestId: string): FastifyReply {
  const description = publicDescription(err) ?? 'Please try again in a moment.'
  const reference = `Go back to the application and start again. Error: ${err.code}, request ${requestId}.`
  void reply.type('text/html; charset=utf-8')
  return reply.send(plainPage('This cannot continue', [description, reference]))
}

function note(log: Logger, err: OAuthError, request: FastifyRequest): void {
  const fields = { code: err.code, route: request.routeOptions.url, internal: err.message }
  if (err.code === 'server_error') log.error({ ...fields, err }, 'request failed')
  else if (err.status >= 500) log.warn({ ...fields, err: err.cause }, 'request answered as unavailable')
  else log.debug(fields, 'request refused')
}
