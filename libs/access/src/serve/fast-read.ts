/**
 * A way ahead of the framework for reads that are asked all day: a fixed address, no body, a caller who was verified
 * before. It gives the answer the regular path would give; whatever is out of the ordinary, every refusal and every
 * failure goes the regular path, which says and logs it.
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import serializerOf from 'fast-json-stringify'
import type { RouteContract } from '@gatehouse/contracts/http/contract'
import { internalHeaders } from '@gatehouse/contracts/common/services'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { newContext } from '@gatehouse/service-kit/context/request-context'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { problemDocument } from '@gatehouse/service-kit/errors/problem-handler'
import { createDeadlineQueue } from '@gatehouse/service-kit/http/deadline-queue'
import { complaintAbout } from '@gatehouse/service-kit/http/request-form'
import { requestIdForm } from '@gatehouse/service-kit/http/request-id'
import { requestDeadlineMs } from '@gatehouse/service-kit/http/server'
import { writeAnswered } from '@gatehouse/service-kit/logging/answer-line'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import { recordDuration } from '@gatehouse/service-kit/telemetry/request-duration'
import { peekCaller, type Verifiers } from '../callers/authenticate.ts'
import type { AnyCaller } from '../callers/caller.ts'
import { serializationOf } from './serialization.ts'

/** What is answered to a caller; anything thrown: go the regular path. */
export type FastRead<Caller = AnyCaller, Body = unknown> = {
  /** The one query that is answered, as it is written; none when absent. */
  readonly query?: string
  answer(caller: Caller): Promise<Body>
}

export type FastReads = {
  add(contract: RouteContract, read: FastRead): void
  /** From now on everything goes the regular path, which says that the connection closes. */
  end(): void
}

type Reading = {
  readonly contract: RouteContract
  readonly answer: FastRead['answer']
  /** Writes what the contract lists and nothing else, as the regular path does. */
  readonly write: (body: unknown) => string
}

/** Puts itself before the listener that is there. */
export function putFastReads(server: Server, o: Verifiers & { log: Logger; deadlineMs?: number }): FastReads {
  const { deadlineMs = requestDeadlineMs, log } = o
  const reads = new Map<string, Reading>()
  const deadlines = createDeadlineQueue(deadlineMs)
  const [regularPath] = server.listeners('request') as [RequestListener]
  let isEnded = false

  const serve = (read: Reading, caller: AnyCaller, exchange: Exchange): void => {
    const { request, response } = exchange
    const beganMs = systemClock.monotonicMs()
    const say = (status: number, text: string): void => {
      send(exchange, status, text)
      note(log, { ...read, ...exchange, status, ms: systemClock.monotonicMs() - beganMs })
    }
    const sayLate = (): void => say(503, JSON.stringify(problemDocument(late, exchange.requestId)))
    let isOver = false
    const deadline = deadlines.begin(() => {
      isOver = true
      sayLate()
    })
    /** Whether somebody still waits for what is there now. */
    const isInTime = (): boolean => {
      if (!isOver) deadlines.end(deadline)
      return !isOver && !response.destroyed
    }
    textOf(read, caller).then(
      (text) => isInTime() && say(200, text),
      () => {
        if (!isInTime()) return
        // The regular path would ask again, and takes as long as any request may.
        if (systemClock.monotonicMs() - beganMs > deadlineMs / 2) sayLate()
        else regularPath.call(server, request, response)
      },
    )
  }
  server.removeListener('request', regularPath).on('request', (request, response) => {
    const read = request.method === 'GET' && !isEnded ? reads.get(request.url ?? '') : undefined
    const requestId = read && usualName(request)
    const caller = read && requestId !== undefined ? callerOf(request, read.contract, o) : undefined
    if (read === undefined || requestId === undefined || caller === undefined)
      return regularPath.call(server, request, response)
    serve(read, caller, { request, response, requestId })
  })
  return {
    add(contract, { query, answer }) {
      const { path } = contract
      reads.set(query === undefined ? path : `${path}?${query}`, { contract, answer, write: writerOf(contract) })
    },
    end: () => void (isEnded = true),
  }
}

/** @throws Error for a route that only the regular path can serve */
function writerOf({ method, path, auth, operationId, success }: RouteContract): Reading['write'] {
  const isPlain = method === 'GET' && !path.includes(':') && success.status === 200 && success.body !== undefined
  if (!isPlain || (auth !== 'user' && auth !== 'internal'))
    throw new Error(`${operationId} cannot be answered ahead of the framework`)
  return serializerOf(serializationOf(success.body))
}

const textOf = async ({ answer, write }: Reading, caller: AnyCaller): Promise<string> => write(await answer(caller))

const late = problem('deadline_exceeded')

type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse; readonly requestId: string }

/** They bring a body, or change how the rest is to be read. */
const unusual = ['transfer-encoding', 'content-length', 'expect', 'upgrade', 'trailer', 'te'] as const

/** The name of a request that has nothing unusual about it. */
function usualName(request: IncomingMessage): string | undefined {
  const { headers } = request
  const name = headers['x-request-id']
  if (typeof name !== 'string' || !requestIdForm.test(name)) return undefined
  return unusual.some((one) => headers[one] !== undefined) || complaintAbout(request) !== undefined ? undefined : name
}

function callerOf({ headers }: IncomingMessage, rule: RouteContract, verifiers: Verifiers): AnyCaller | undefined {
  const accessToken = headers[internalHeaders.accessToken]
  if (Array.isArray(accessToken)) return undefined
  try {
    return peekCaller({ authorization: headers.authorization, accessToken }, rule, verifiers)
  } catch {
    // Refused: the regular path says so.
    return undefined
  }
}

function send({ response, requestId }: Exchange, status: number, text: string): void {
  response.writeHead(status, {
    'x-request-id': requestId,
    'cache-control': 'no-store',
    'content-type': status === 200 ? 'application/json; charset=utf-8' : 'application/problem+json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    ...(status === 503 && { 'retry-after': '1' }),
  })
  response.end(text)
}

type Told = Reading & Exchange & { readonly status: number; readonly ms: number }

function note(log: Logger, { contract, request, requestId, status, ms }: Told): void {
  const labels = { method: 'GET', route: contract.path, status }
  recordDuration(ms, labels)
  const level = contract.isRoutine === true && status < 400 ? 'debug' : 'info'
  if (!log.isLevelEnabled(level)) return
  const { traceparent, [internalHeaders.correlation]: correlationId } = request.headers
  const context = newContext({
    requestId,
    ...(typeof traceparent === 'string' && { traceparent }),
    ...(typeof correlationId === 'string' && correlationId !== '' && { correlationId: correlationId.slice(0, 512) }),
  })
  writeAnswered(log, level, { ...labels, ms, context })
}
