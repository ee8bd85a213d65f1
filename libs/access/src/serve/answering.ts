/** How a handled request is answered: with the status of its contract, and under an idempotency key only once. */
import { createHash } from 'node:crypto'
import type { RouteContract } from '@gatehouse/contracts/http/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { actorOf } from '../callers/caller.ts'
import { linesOf } from './lines.ts'
import type { ServerSettings } from './server.ts'

type Handling = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

/** Answers by the contract; under an idempotency key, once. */
export function createAnswering(
  { operationId, success: { status }, idempotent, shownOnce = [] }: RouteContract,
  { handled, idempotency }: { handled: Handling; idempotency: ServerSettings['idempotency'] },
): Handling {
  return async (request, reply) => {
    const run = (): Promise<unknown> => handled(request, reply)
    const key = idempotent ? request.headers['idempotency-key'] : undefined
    if (key === undefined || idempotency === undefined || request.caller === null)
      return answerWith(reply, status, await run())
    const outcome = await idempotency.once(
      {
        key,
        owner: actorOf(request.caller),
        route: operationId,
        requestHash: hashOf(request),
        status,
        shownOnce,
      },
      run,
    )
    return answerWith(reply, outcome.status, outcome.body)
  }
}

const hashOf = (request: FastifyRequest): Buffer =>
  createHash('sha256')
    .update(JSON.stringify([request.url, linesOf(request)?.digest.toString('hex') ?? request.body ?? null]))
    .digest()

function answerWith(reply: FastifyReply, status: number, body: unknown): unknown {
  if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store')
  void reply.code(status)
  return body === undefined || status === 204 ? reply.send() : body
}
