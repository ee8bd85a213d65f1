/**
 * Every request has a deadline: an answer that is not there by then is 503 `deadline_exceeded`. The framework's own timer is not used because it is
 * cleared as soon as a body has been read, which would leave exactly the writes without one.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { problem } from '../errors/app-error.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Milliseconds for this route instead of the server's. */
    deadlineMs?: number
  }
}

/** A controller costs as much as the rest of the deadline, so only who asks for the signal has one made. */
type Waiting = { controller?: AbortController; overBecause?: Error; stop?: (reason: Error) => void }
const waits = new WeakMap<FastifyRequest, Waiting>()

function waitingOf(request: FastifyRequest): Waiting {
  const waiting = waits.get(request)
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

/** Calls `stop`, in the place of an earlier one, when nobody waits for the result any more; at once if that is so already. Costs nothing beside a signal. */
export function whenGivenUp(request: FastifyRequest, stop: (reason: Error) => void): void {
  const waiting = waitingOf(request)
  waiting.stop = stop
  if (waiting.overBecause !== undefined) stop(waiting.overBecause)
}

export const isGivenUp = (request: FastifyRequest): boolean => waitingOf(request).overBecause !== undefined

export const deadlineMsOf = (request: FastifyRequest, standardMs: number): number =>
  request.routeOptions.config.deadlineMs ?? standardMs

export function installDeadline(app: FastifyInstance, standardMs: number): void {
  app.addHook('onRequest', (request, reply, done) => {
    const waiting: Waiting = {}
    waits.set(request, waiting)
    const giveUp = (reason: Error): void => {
      waiting.overBecause = reason
      waiting.controller?.abort(reason)
      waiting.stop?.(reason)
    }
    const timer = setTimeout(
      () => {
        if (reply.sent) return
        const late = problem('deadline_exceeded', { retryAfterSeconds: 1 })
        giveUp(late)
        // An answer that has begun cannot become another one: cutting it off tells the client that it is not whole.
        if (reply.raw.headersSent) reply.raw.destroy()
        else void reply.send(late)
      },
      deadlineMsOf(request, standardMs),
    )
    reply.raw.once('finish', () => clearTimeout(timer))
    reply.raw.once('close', () => {
      clearTimeout(timer)
      if (!reply.raw.writableFinished) giveUp(new Error('the client has gone'))
    })
    done()
  })
}
