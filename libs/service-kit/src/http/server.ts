/**
 * A hardened Fastify server: limits on everything that comes in, a context for every request, one problem handler, three seconds to answer.
 * No input, however broken, may end as a 5xx or as anything but a problem document.
 */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance, type FastifyRequest } from 'fastify'
import type { ProblemCode } from '@gatehouse/contracts/problems/registry'
import { newContext, runInContext, type RequestContext } from '../context/request-context.ts'
import { systemClock } from '../context/clock.ts'
import { problem } from '../errors/app-error.ts'
import { installProblemHandler, problemDocument, sendProblem, toAppError } from '../errors/problem-handler.ts'
import { newId } from '../ids/type-id.ts'
import type { Logger } from '../logging/logger.ts'
import { recordDuration } from '../telemetry/request-duration.ts'
import { deadlineMsOf, installDeadline } from './deadline.ts'
import { installJsonParser } from './json-body.ts'
import { installRevisionHeader } from './revision-header.ts'

/** Milliseconds until an unfinished answer becomes 503 `deadline_exceeded`. */
export const requestDeadlineMs = 3000
/** When a contract says nothing. */
export const defaultBodyLimitBytes = 64 * 1024

const contextOf = new WeakMap<FastifyRequest, RequestContext>()

/** The hardening alone; nobody is authenticated. The gateway meets strangers with it, services add their callers (`access/serve/server.ts`). */
export function createBareServer(options: { log: Logger; deadlineMs?: number }): FastifyInstance {
  const { log, deadlineMs = requestDeadlineMs } = options
  const app: FastifyInstance = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: (raw) => requestIdFrom(raw.headers['x-request-id']),
    bodyLimit: defaultBodyLimitBytes,
    requestTimeout: 10_000,
    connectionTimeout: 0,
    keepAliveTimeout: 72_000,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    routerOptions: { maxParamLength: 256, ignoreTrailingSlash: false, caseSensitive: true },
    http: { headersTimeout: 8000, maxHeaderSize: 16 * 1024 },
    frameworkErrors: (err, request, reply) => void sendProblem(reply, toAppError(err), request.id),
    clientErrorHandler: refuseUnreadable,
  })
  installJsonParser(app)
  installProblemHandler(app, log)
  installDeadline(app, deadlineMs)
  installContext(app, deadlineMs)
  installRevisionHeader(app)
  releaseConnectionsOnClose(app)
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown'
    recordDuration(reply.elapsedTime, { method: request.method, route, status: reply.statusCode })
    if (!log.isLevelEnabled('info')) return done()
    const fields = {
      method: request.method,
      route,
      status: reply.statusCode,
      duration_ms: Math.round(reply.elapsedTime * 10) / 10,
    }
    const context = contextOf.get(request)
    const write = (): void => log.info(fields, 'request answered')
    if (context) runInContext(context, write)
    else write()
    done()
  })
  return app
}

/** Letters a log and a header can carry; anything else gets an id of our own. */
const requestIdFrom = (given: string | string[] | undefined): string =>
  typeof given === 'string' && /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/.test(given) ? given : newId('req')

/** Whoever named their request hears that name, whatever it is (AuthZEN 1.0, request identification); what a header cannot carry is not echoed. */
const echoOf = (given: string | string[] | undefined): string | undefined =>
  typeof given === 'string' && /^[\x21-\x7e]([\x20-\x7e]{0,254}[\x21-\x7e])?$/.test(given) ? given : undefined

/** Sent twice, these would mean different things to different readers. */
const singular = new Set(['authorization', 'content-type', 'idempotency-key', 'if-match', 'gatehouse-access-token'])

function repeatsSingular(rawHeaders: readonly string[]): boolean {
  const seen = new Set<string>()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase()
    if (!singular.has(name)) continue
    if (seen.has(name)) return true
    seen.add(name)
  }
  return false
}

function installContext(app: FastifyInstance, deadlineMs: number): void {
  app.addHook('onRequest', (request, reply, done) => {
    const traceparent = request.headers['traceparent']
    const context = newContext({
      requestId: request.id,
      ...(typeof traceparent === 'string' ? { traceparent } : {}),
      deadlineMs: systemClock.monotonicMs() + deadlineMsOf(request, deadlineMs),
    })
    contextOf.set(request, context)
    void reply.header('x-request-id', echoOf(request.headers['x-request-id']) ?? context.requestId)
    if (repeatsSingular(request.raw.rawHeaders))
      return done(problem('malformed_request', { detail: 'A header was sent twice.' }))
    runInContext(context, done)
  })
  // The body arrives on the socket's own events, outside of the context: step back in.
  app.addHook('preValidation', (request, _reply, done) => {
    const context = contextOf.get(request)
    if (context) runInContext(context, done)
    else done()
  })
}

/** A connection that falls idle after closing began would keep the process until its keep-alive runs out. */
function releaseConnectionsOnClose(app: FastifyInstance): void {
  app.addHook('preClose', async () => {
    const timer = setInterval(() => app.server.closeIdleConnections(), 25)
    app.server.once('close', () => clearInterval(timer))
    timer.unref()
  })
}

/** What the HTTP parser itself refused: there is no request, only a socket. */
function refuseUnreadable(err: NodeJS.ErrnoException, socket: Socket): void {
  if (err.code === 'ECONNRESET' || !socket.writable || socket.destroyed) return void socket.destroy()
  // Part of an answer is already out on this connection: another one would be read as its body.
  const pending = (socket as Socket & { _httpMessage?: ServerResponse })._httpMessage
  if (pending?.headersSent) return void socket.destroy()
  const code: ProblemCode = err.code === 'HPE_HEADER_OVERFLOW' ? 'headers_too_large' : 'malformed_request'
  const document = problemDocument(problem(code), newId('req'))
  const body = JSON.stringify(document)
  socket.end(
    `HTTP/1.1 ${document.status} ${code === 'headers_too_large' ? 'Request Header Fields Too Large' : 'Bad Request'}\r\n` +
      `content-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}
