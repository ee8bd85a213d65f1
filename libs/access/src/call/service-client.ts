/**
 * Calls another service by contract: asserts who we are, passes on the context, keeps a deadline, tries again only what
 * may be sent twice, and stops asking a service that keeps failing. A known problem arrives as the same AppError it was
 * there; everything else is `upstream_failed`.
 */
import type { ServiceName } from '@gatehouse/contracts/common/services'
import type { RouteContract } from '@gatehouse/contracts/http/contract'
import { Pool } from 'undici'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import type { AssertionSigner } from '../tokens/assertion.ts'
import type { BodyOf, ParamsOf, QueryOf, SuccessOf } from '../serve/bind-route.ts'
import { createAsking } from './resilience.ts'
import {
  exchange,
  remainingMs,
  streamLines,
  type AnswerHeaders,
  type Bearer,
  type Outgoing,
  type Upstream,
} from './service-exchange.ts'

type Given<Name extends string, Value> = Value extends undefined | Record<string, never>
  ? { [N in Name]?: Value }
  : { [N in Name]: Value }

export type CallInput<C extends RouteContract> = Given<'params', ParamsOf<C>> &
  Given<'body', BodyOf<C>> & {
    query?: Partial<QueryOf<C>>
    /** The person or service account on whose behalf; the token travels along and is verified again there. */
    user?: Bearer | undefined
    /** Of the browser or client that is spoken for; never who calls. */
    headers?: Readonly<Record<string, string>>
    /** Is told the headers of the success. */
    onHeaders?: (headers: AnswerHeaders) => void
    /** At most; the request's own deadline may leave less. 2000 when absent. */
    timeoutMs?: number
  }

export type ServiceClient = {
  readonly target: ServiceName
  /** @throws AppError of the callee, `upstream_failed`, `deadline_exceeded` */
  call<const C extends RouteContract>(contract: C, input: CallInput<C>): Promise<SuccessOf<C>>
  /** The records of an NDJSON answer, as they arrive; `timeoutMs` bounds the silence between two chunks. */
  stream(path: string, options?: { query?: Record<string, string>; timeoutMs?: number }): AsyncGenerator<unknown>
  /** A GET that has no contract; otherwise as `call`. */
  get(
    path: string,
    options?: { query?: Record<string, string | number | undefined>; timeoutMs?: number },
  ): Promise<unknown>
  close(): Promise<void>
}

const defaultTimeoutMs = 2000

type AnyInput = {
  params?: Record<string, string>
  query?: Record<string, unknown>
  body?: unknown
  user?: Bearer
  headers?: Readonly<Record<string, string>>
  onHeaders?: (headers: AnswerHeaders) => void
  timeoutMs?: number
}

export function createServiceClient(options: {
  self: ServiceName
  target: ServiceName
  baseUrl: string
  signer: AssertionSigner
  log: Logger
}): ServiceClient {
  const { target, baseUrl, signer, log } = options
  const pool = new Pool(new URL(baseUrl).origin, {
    connections: 64,
    pipelining: 1,
    connect: { timeout: 1000 },
    keepAliveTimeout: 30_000,
  })
  const upstream: Upstream = { pool, target, signer }
  const ask = createAsking({
    target,
    remainingMs,
    onBreak: () => log.warn({ target }, 'stopped calling a failing service for a moment'),
  })
  const send = async (outgoing: Outgoing, onHeaders?: (headers: AnswerHeaders) => void): Promise<unknown> => {
    const answer = await ask(() => exchange(upstream, outgoing))
    if (answer.kind === 'refused') throw answer.problem
    onHeaders?.(answer.headers)
    return answer.body
  }

  return {
    target,
    call: async (contract, input) =>
      (await send(outgoingOf(contract, input as AnyInput), input.onHeaders)) as SuccessOf<typeof contract>,
    get: (path, { query, timeoutMs = defaultTimeoutMs } = {}) =>
      send({ method: 'GET', path: path + queryOf(query), timeoutMs, isRetryable: true }),
    stream: (path, { query, timeoutMs = 10_000 } = {}) =>
      streamLines(upstream, { method: 'GET', path: path + queryOf(query), timeoutMs, isRetryable: false }),
    close: () => pool.close(),
  }
}

function outgoingOf(contract: RouteContract, input: AnyInput): Outgoing {
  const { params, query, body, user, headers, timeoutMs = defaultTimeoutMs } = input
  return {
    method: contract.method,
    path: pathOf(contract.path, params) + queryOf(query),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    user,
    ...(headers && { headers }),
    bringsCredential: contract.problems?.includes('unauthenticated') === true,
    timeoutMs,
    isRetryable: contract.method === 'GET' || contract.retryable === true,
  }
}

function pathOf(template: string, params: Record<string, string> = {}): string {
  return template.replaceAll(/:([a-z_]+)/gi, (_match, name: string) => encodeURIComponent(params[name] ?? ''))
}

function queryOf(query: Record<string, unknown> = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  return given.length === 0
    ? ''
    : `?${new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString()}`
}
