/**
 * Sends a request on to the service that answers it and answers with what comes back. What travels, both ways, is the
 * caller's to say.
 */
import { Readable } from 'node:stream'
import { isGivenUp, whenGivenUp } from '@gatehouse/service-kit/http/deadline'
import { currentContext, runInContext } from '@gatehouse/service-kit/context/request-context'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Answer } from './exchange.ts'
import type { Peer, UpstreamRequest, Upstreams } from './upstreams.ts'

type Sent = Pick<UpstreamRequest, 'method' | 'path' | 'headers' | 'deadlineMs' | 'isRepeatable' | 'asItComes'>
type HeadersOut = (from: Answer['headers']) => Record<string, string | string[]>

/** Waits by callbacks and not by promises: this is done for every request there is. */
export function passOn(
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  { upstreams, peer, headersOut }: { upstreams: Upstreams; peer: Peer; headersOut: HeadersOut },
  sent: Sent,
): void {
  const context = currentContext()
  /** Answers come on a connection's own events: back into the context of this request. */
  const within = (run: () => void): void => {
    // The deadline has answered already, or the client has gone.
    if (reply.sent || request.raw.socket.destroyed) return
    if (context === undefined) run()
    else runInContext(context, run)
  }
  upstreams.send(
    peer,
    {
      ...sent,
      body: bodyOf(request),
      whenGivenUp: (stop) => whenGivenUp(request, stop),
      isGivenUp: () => isGivenUp(request),
    },
    {
      answered: ({ statusCode, headers, body }) =>
        within(() => void reply.code(statusCode).headers(headersOut(headers)).send(body)),
      failed: (err) => within(() => void reply.send(err)),
    },
  )
}

const bodyOf = ({ body }: FastifyRequest): UpstreamRequest['body'] =>
  body instanceof Readable || (Buffer.isBuffer(body) && body.length > 0) ? body : null
