/**
 * A way ahead of the framework for routes that are asked thousands of times a second. It only ever gives the answer the
 * regular path would give, and only when that needs no waiting: whoever was not verified before, every head out of the
 * ordinary, every refusal goes the regular path, with its body.
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { RouteContract } from '@gatehouse/contracts/http/contract'
import type { preParsingHookHandler } from 'fastify'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { newContext } from '@gatehouse/service-kit/context/request-context'
import { writeAnswered } from '@gatehouse/service-kit/logging/answer-line'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import { durationOf, type AnswerLabels } from '@gatehouse/service-kit/telemetry/request-duration'
import { peekOrgCaller, type Verifiers } from '../callers/authenticate.ts'
import type { OrgCaller } from '../callers/caller.ts'
import { parseJsonBody } from '@gatehouse/service-kit/http/json-body'
import { createHeadReader, type HeadReader, type UsualHead } from './plain-head.ts'
import type { Validator } from '@gatehouse/service-kit/http/validation'

/** What a route is told; everything in it was verified. */
export type FastRequest<Body> = {
  readonly caller: OrgCaller
  readonly body: Body
  readonly clientAddress: string | undefined
}
/** The body of the success as JSON. Undefined, or anything thrown: go the regular path. */
export type AnswerAtOnce<Body> = (request: FastRequest<Body>) => string | undefined

type Path = {
  readonly contract: RouteContract
  readonly bodyLimitBytes: number
  readonly validate: Validator
  readonly answer: AnswerAtOnce<unknown>
  readonly labels: AnswerLabels
  readonly duration: ReturnType<typeof durationOf>
}

export type FastPaths = {
  add(path: Omit<Path, 'labels' | 'duration'>): void
  /** From now on everything goes the regular path, which says that the connection closes. */
  end(): void
}

/** A body that was read here before the framework got the request, kept on the request itself. */
const bodyKey: unique symbol = Symbol('body')
type MaybeRead = IncomingMessage & { [bodyKey]?: Buffer }

/** Gives the framework the body that was read already. */
export const returnBody: preParsingHookHandler = (request, _reply, payload, done) => {
  const body = (request.raw as MaybeRead)[bodyKey]
  done(
    null,
    body === undefined ? payload : Object.assign(Readable.from([body]), { receivedEncodedLength: body.length }),
  )
}

/** Puts itself before the framework's own listener. */
export function putFastPaths(server: Server, o: Verifiers & { log: Logger }): FastPaths {
  const paths = new Map<string, Path>()
  const [regularPath] = server.listeners('request') as [RequestListener]
  const reading: Reading = { ...o, readHead: createHeadReader() }
  let isEnded = false
  server.removeListener('request', regularPath).on('request', (request, response) => {
    const path = request.method === 'POST' && !isEnded ? paths.get(request.url ?? '') : undefined
    const asked = path && identify(request, path, reading)
    if (path === undefined || asked === undefined) return regularPath(request, response)
    const startedMs = systemClock.monotonicMs()
    takeBody(request, (body) => {
      const answer = answerOf(path, { ...asked, body })
      if (answer === undefined) {
        return regularPath(Object.assign(request, { [bodyKey]: body }), response)
      }
      send(response, { status: path.labels.status, answer, requestId: asked.head.requestId })
      note(o.log, { path, head: asked.head, ms: systemClock.monotonicMs() - startedMs })
    })
  })
  return {
    add: (path) => {
      const { path: route, success } = path.contract
      const labels: AnswerLabels = { method: 'POST', route, status: success.status }
      paths.set(route, { ...path, labels, duration: durationOf(labels) })
    },
    end: () => void (isEnded = true),
  }
}

type Reading = Verifiers & { readonly readHead: HeadReader }

function identify(
  request: IncomingMessage,
  { contract, bodyLimitBytes }: Path,
  reading: Reading,
): { head: UsualHead; caller: OrgCaller } | undefined {
  try {
    const head = reading.readHead(request.rawHeaders, bodyLimitBytes)
    const caller = head && peekOrgCaller(head, contract, reading)
    return head && caller && { head, caller }
  } catch {
    // Refused: the regular path says so.
    return undefined
  }
}

/** A body that never ends is the server's request timeout's, a client that goes away nobody's. */
function takeBody(request: IncomingMessage, take: (body: Buffer) => void): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => take(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)))
}

function answerOf(
  path: Path,
  { caller, body, head }: { caller: OrgCaller; body: Buffer; head: UsualHead },
): string | undefined {
  try {
    const valid = path.validate(parseJsonBody(body))
    return valid.ok ? path.answer({ caller, body: valid.value, clientAddress: head.clientAddress }) : undefined
  } catch {
    // The regular path meets it again and says it properly.
    return undefined
  }
}

function send(
  response: ServerResponse,
  { status, answer, requestId }: { status: number; answer: string; requestId: string },
): void {
  response.writeHead(status, {
    'x-request-id': requestId,
    'cache-control': 'no-store',
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(answer),
  })
  response.end(answer)
}

function note(log: Logger, { path, head, ms }: { path: Path; head: UsualHead; ms: number }): void {
  path.duration.record(ms / 1000)
  if (!log.isLevelEnabled('info')) return
  const { requestId, traceparent, correlationId, clientAddress } = head
  const context = newContext({
    requestId,
    clientAddress,
    ...(traceparent && { traceparent }),
    ...(correlationId && { correlationId }),
  })
  writeAnswered(log, 'info', { ...path.labels, ms, context })
}
