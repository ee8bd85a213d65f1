/**
 * Every request has a deadline: an answer that is not there by then is 503 `deadline_exceeded`. The framework's own
 * timer is not used because it is cleared as soon as a body has been read, which would leave exactly the writes without
 * one.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { problem } from '../errors/app-error.ts'
import { createDeadlineQueue, type Deadline, type DeadlineQueue } from './deadline-queue.ts'

/** On the request itself, as its context is (`server.ts`). */
const waitingKey: unique symbol = Symbol('waiting')

declare module 'fastify' {
  interface FastifyRequest {
    [waitingKey]: Waiting | undefined
  }
  interface FastifyContextConfig {
    /** Milliseconds for this route instead of the server's. */
    deadlineMs?: number
  }
}

/** A controller costs as much as the rest of the deadline, so only who asks for the signal has one made. */
type Waiting = {
  readonly queue: DeadlineQueue
  deadline?: Deadline
  controller?: AbortController
  overBecause?: Error
  stop?: (reason: Error) => void
}

function waitingOf(request: FastifyRequest): Waiting {
  const waiting = request[waitingKey]
  if (waiting === undefined) throw new Error('a deadline needs a server made by this kit')
  return waiting
}

/** Aborts when the deadline is over or the client has gone: nobody waits for the result any more. */
export function signalOf(request: FastifyRequest): AbortSignal {
  const waiting = waitingOf(request)
  waiting.controller ??= new AbortController()
  if (waiting.overBecause !== undefined) waiting.controller.abort(waiting.overBecause)
  return waiting.controller.signal
}

/**
 * Calls `stop`, in the place of an earlier one, when nobody waits for the result any more; at once if that is so
 * already. Costs nothing beside a signal.
 */
export function whenGivenUp(request: FastifyRequest, stop: (reason: Error) => void): void {
  const waiting = waitingOf(request)
  waiting.stop = stop
  if (waiting.overBecause !== undefined) stop(waiting.overBecause)
}

export const isGivenUp = (request: FastifyRequest): boolean => waitingOf(request).overBecause !== undefined

/** Takes the deadline off an answer that stays open; that the client has gone is still told. */
export const outliveDeadline = (request: FastifyRequest): void => endInTime(waitingOf(request))

export const deadlineMsOf = (request: FastifyRequest, standardMs: number): number =>
  request.routeOptions.config.deadlineMs ?? standardMs

export function installDeadline(app: FastifyInstance, standardMs: number): void {
  /** By length: the lengths are those of the routes. */
  const queues = new Map<number, DeadlineQueue>()
  const queueOf = (lengthMs: number): DeadlineQueue => {
    const queue = queues.get(lengthMs) ?? createDeadlineQueue(lengthMs)
    queues.set(lengthMs, queue)
    return queue
  }
  app.addHook('onClose', (_app, done) => {
    for (const queue of queues.values()) queue.clear()
    done()
  })
  app.decorateRequest(waitingKey, undefined)
  app.addHook('onRequest', (request, reply, done) => {
    const waiting: Waiting = { queue: queueOf(deadlineMsOf(request, standardMs)) }
    request[waitingKey] = waiting
    waiting.deadline = waiting.queue.begin(() => endLate(waiting, reply))
    reply.raw.once('close', () => {
      if (reply.raw.writableFinished) return
      endInTime(waiting)
      giveUp(waiting, new Error('the client has gone'))
    })
    done()
  })
  app.addHook('onResponse', (request, _reply, done) => {
    const waiting = request[waitingKey]
    if (waiting !== undefined) endInTime(waiting)
    done()
  })
}

const endInTime = ({ queue, deadline }: Waiting): void => {
  if (deadline !== undefined) queue.end(deadline)
}

function giveUp(waiting: Waiting, reason: Error): void {
  waiting.overBecause = reason
  waiting.controller?.abort(reason)
  waiting.stop?.(reason)
}

function endLate(waiting: Waiting, reply: FastifyReply): void {
  if (reply.sent) return
  const late = problem('deadline_exceeded', { retryAfterSeconds: 1 })
  giveUp(waiting, late)
  // An answer that has begun cannot become another one: cutting it off tells the client that it is not whole.
  if (reply.raw.headersSent) reply.raw.destroy()
  else void reply.send(late)
}
