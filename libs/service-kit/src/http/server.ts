/**
 * A hardened Fastify server: limits on everything that comes in, a context for every request, one problem handler,
 * three seconds to answer. No input, however broken, may end as a 5xx or as anything but a problem document.
 */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { currentContext, newContext, runInContext, type RequestContext } from '../context/request-context.ts'
import { systemClock } from '../context/clock.ts'
import { installProblemHandler, sendProblem, toAppError } from '../errors/problem-handler.ts'
import { newId } from '../ids/type-id.ts'
import { writeAnswered } from '../logging/answer-line.ts'
import type { Logger } from '../logging/logger.ts'
import { recordDuration } from '../telemetry/request-duration.ts'
import { deadlineMsOf, installDeadline } from './deadline.ts'
import { installJsonParser } from './json-body.ts'
import { createMethodTable } from './method-table.ts'
import { createNoRoute } from './no-route.ts'
import { installRequestForm, readablePath } from './request-form.ts'
import { isAscii, isRequestId } from './request-id.ts'
import { installRevisionHeader } from './revision-header.ts'
import { answerRareRequests, refuseUnreadable } from './unreadable.ts'

/** Milliseconds until an unfinished answer becomes 503 `deadline_exceeded`. */
export const requestDeadlineMs = 3000
/** When a contract says nothing. */
export const defaultBodyLimitBytes = 64 * 1024

const maxHeaderBytes = 16 * 1024

/**
 * On the request itself: a weak map of requests would keep each of them, and all it points to, from being collected
 * young.
 */
const contextKey: unique symbol = Symbol('context')

declare module 'fastify' {
  interface FastifyRequest {
    [contextKey]: RequestContext | undefined
  }
  interface FastifyContextConfig {
    /** Asked so often that its good answers would bury the log: they are written at `debug`. */
    isRoutine?: boolean
    /** Stays open for as long as somebody listens: no duration of a request. */
    isLive?: boolean
  }
}

/**
 * The hardening alone; nobody is authenticated. The gateway meets strangers with it, services add their callers
 * (`access/serve/server.ts`).
 */
export function createBareServer(options: { log: Logger; deadlineMs?: number }): FastifyInstance {
  const { log, deadlineMs = requestDeadlineMs } = options
  const app: FastifyInstance = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    // Lines find their request by its context; a logger for each would cost more than all lines that are never written.
    childLoggerFactory: (logger) => logger,
    genReqId: (raw) => requestIdFrom(raw.headers['x-request-id']),
    bodyLimit: defaultBodyLimitBytes,
    requestTimeout: 10_000,
    connectionTimeout: 0,
    keepAliveTimeout: 72_000,
    exposeHeadRoutes: true,
    return503OnClosing: false,
    rewriteUrl: readablePath,
    // As long as a path can be: what is too long for its contract is refused by it.
    routerOptions: { maxParamLength: maxHeaderBytes, ignoreTrailingSlash: false, caseSensitive: true },
    http: {
      headersTimeout: 8000,
      maxHeaderSize: maxHeaderBytes,
      requireHostHeader: false,
      connectionsCheckingInterval: 1000,
    },
    frameworkErrors: (err, request, reply) => void sendProblem(reply, toAppError(err), request.id),
    clientErrorHandler: refuseUnreadable,
  })
  installRequestForm(app)
  installJsonParser(app)
  installProblemHandler(app, { log, noRoute: createNoRoute(createMethodTable(app)) })
  answerRareRequests(app.server)
  installDeadline(app, deadlineMs)
  installContext(app, deadlineMs)
  installRevisionHeader(app)
  releaseConnectionsOnClose(app)
  installAnswerLog(app, log)
  return app
}

/**
 * Whoever named their request hears that name, whatever it is (AuthZEN 1.0, request identification), and logs,
 * problems, events and audit record the same. Only an empty name, and one that is too long to travel on, gets an id of
 * ours.
 */
const requestIdFrom = (given: string | string[] | undefined): string =>
  typeof given === 'string' && isRequestId(given) ? given : newId('req')

/**
 * Node writes a head and a text in one piece and in the encoding of the text, which would change a header beyond ASCII;
 * bytes come after the head.
 */
function sendHeadByItself(response: ServerResponse): void {
  const end = response.end.bind(response) as (...given: unknown[]) => ServerResponse
  response.end = ((body: unknown, ...others: unknown[]) =>
    end(typeof body === 'string' ? Buffer.from(body) : body, ...others)) as ServerResponse['end']
}

function installContext(app: FastifyInstance, deadlineMs: number): void {
  app.decorateRequest(contextKey, undefined)
  app.addHook('onRequest', (request, reply, done) => {
    const traceparent = request.headers['traceparent']
    const context = newContext({
      requestId: request.id,
      ...(typeof traceparent === 'string' ? { traceparent } : {}),
      deadlineMs: systemClock.monotonicMs() + deadlineMsOf(request, deadlineMs),
    })
    request[contextKey] = context
    void reply.header('x-request-id', context.requestId)
    if (!isAscii(context.requestId)) sendHeadByItself(reply.raw)
    runInContext(context, done)
  })
  // The body arrives on the socket's own events, outside of the context: step back in.
  app.addHook('preValidation', (request, _reply, done) => {
    const context = request[contextKey]
    if (context === undefined || currentContext() === context) done()
    else runInContext(context, done)
  })
}

/** Each answer is a line and a measured duration. */
function installAnswerLog(app: FastifyInstance, log: Logger): void {
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown'
    const { isLive, isRoutine } = request.routeOptions.config
    const ms = reply.elapsedTime
    if (isLive !== true || reply.statusCode >= 400)
      recordDuration(ms, { method: request.method, route, status: reply.statusCode })
    const level = isRoutine === true && reply.statusCode < 400 ? 'debug' : 'info'
    if (!log.isLevelEnabled(level)) return done()
    const { method } = request
    writeAnswered(log, level, { method, route, status: reply.statusCode, ms, context: request[contextKey] })
    done()
  })
}

const releaseEveryMs = 25
/** What a client that has just connected needs to say what it wants. */
const silentTurns = 1000 / releaseEveryMs

/**
 * A connection that falls idle after closing began would keep the process until its keep-alive runs out. One that was
 * opened and never used is not idle to Node, which waits for its first head: clients keep such ones in reserve.
 */
function releaseConnectionsOnClose(app: FastifyInstance): void {
  const open = new Set<Socket>()
  app.server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  app.addHook('preClose', async () => {
    let turns = 0
    const timer = setInterval(() => {
      app.server.closeIdleConnections()
      turns += 1
      if (turns >= silentTurns) for (const socket of open) if (socket.bytesRead === 0) socket.destroy()
    }, releaseEveryMs)
    app.server.once('close', () => clearInterval(timer))
    timer.unref()
  })
}
