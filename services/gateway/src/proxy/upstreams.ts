/**
 * Connections to the services behind the gateway: one pool each, kept open, with deadlines. An unreachable service is
 * 503 with `Retry-After`, at once.
 */
import { Readable } from 'node:stream'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { liveSignMs } from '@gatehouse/contracts/http/contract'
import { isAppError, problem, type AppError } from '@gatehouse/service-kit/errors/app-error'
import { causesOf } from '@gatehouse/service-kit/errors/unavailable'
import { Pool, type Dispatcher } from 'undici'
import { exchange, type AsItComes, type GivenUp, type Outcome } from './exchange.ts'

export type Peer = Exclude<ServiceName, 'gateway'>

export type Upstreams = {
  /**
   * Fails with an AppError: `upstream_failed`, `deadline_exceeded`, or the reason with which the request was given up.
   */
  send(peer: Peer, request: UpstreamRequest, outcome: Outcome): void
  close(): Promise<void>
}

export type UpstreamRequest = {
  method: Dispatcher.HttpMethod
  path: string
  headers: Record<string, string>
  /** One that is passed on as it comes is sent once: what went before is gone. */
  body: Buffer | Readable | null
  /** Tells when the client has gone or the deadline is over. */
  whenGivenUp: GivenUp
  isGivenUp(): boolean
  /** Where it is not the usual one. */
  deadlineMs?: number | undefined
  /** May be sent twice without a second effect. */
  isRepeatable: boolean
  /** For an answer that stays open. */
  asItComes?: AsItComes | undefined
}

/** Of a whole exchange; the server's own deadline ends it a moment earlier. */
const answerTimeoutMs = 3000
/** Sockets a service closed while idle, as a restart does, are noticed only in use. */
const maxAttempts = 3
const pauseMs = 20

/** Silence of an answer that stays open after which its service is taken for gone. */
const silenceMs = 3 * liveSignMs

/** @param connections - null: as many as are asked for; `live-answers.ts` has the bound */
const openPools = (addresses: Readonly<Record<Peer, string>>, connections: number | null): Map<string, Pool> =>
  new Map(
    Object.entries(addresses).map(([peer, address]) => [
      peer,
      new Pool(new URL(address).origin, {
        connections,
        pipelining: 1,
        connect: { timeout: 1000 },
        keepAliveTimeout: 30_000,
      }),
    ]),
  )

export function createUpstreams(addresses: Readonly<Record<Peer, string>>): Upstreams {
  const pools = openPools(addresses, 128)
  /** Answers that stay open keep their connections: they must not take those of ordinary ones. */
  const livePools = openPools(addresses, null)
  return {
    send(peer, request, { answered, failed }) {
      const { asItComes } = request
      const pool = (asItComes ? livePools : pools).get(peer)
      if (pool === undefined) return failed(problem('upstream_failed', { internal: `no address for ${peer}` }))
      const { method, path, headers, body, whenGivenUp, deadlineMs = answerTimeoutMs } = request
      const bodyTimeout = asItComes ? silenceMs : deadlineMs
      const asked = { method, path, headers, body, headersTimeout: deadlineMs, bodyTimeout }
      const mostAttempts = body instanceof Readable ? 1 : maxAttempts
      const attempt = (tried: number): void =>
        exchange(pool, asked, {
          whenGivenUp,
          asItComes,
          answered,
          failed(err) {
            if (tried >= mostAttempts || request.isGivenUp() || !mayRepeat(err, request.isRepeatable))
              return failed(failureOf(peer, err))
            setTimeout(() => attempt(tried + 1), pauseMs * tried)
          },
        })
      attempt(1)
    },
    async close() {
      await Promise.all([...pools.values(), ...livePools.values()].map((pool) => pool.close()))
    },
  }
}

const codesOf = (err: unknown): unknown[] => causesOf(err).map((one) => (one as { code?: unknown }).code)

/** A refused connection carried nothing; a broken one may have, and then only repeatable requests go again. */
function mayRepeat(err: unknown, isRepeatable: boolean): boolean {
  const codes = codesOf(err)
  return (
    codes.includes('ECONNREFUSED') ||
    (isRepeatable && (codes.includes('UND_ERR_SOCKET') || codes.includes('ECONNRESET')))
  )
}

function failureOf(peer: Peer, err: unknown): AppError {
  // The reason the request was given up with: the deadline itself.
  if (isAppError(err)) return err
  const codes = codesOf(err)
  const isLate = codes.includes('UND_ERR_HEADERS_TIMEOUT') || codes.includes('UND_ERR_BODY_TIMEOUT')
  return problem(isLate ? 'deadline_exceeded' : 'upstream_failed', {
    internal: `${peer}: ${(err as Error).message}`,
    cause: err,
    retryAfterSeconds: 1,
  })
}
