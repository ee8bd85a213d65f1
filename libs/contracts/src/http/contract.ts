/**
 * What a route is: method, path, who may call, shapes in and out. Types, validation, the gateway's table,
 * the OpenAPI document and the cross-tenant sweep are all read from these objects, so none of them can drift.
 */
import type { TObject, TSchema } from 'typebox'
import type { ServiceName } from '../common/services.ts'
import type { ProblemCode } from '../problems/registry.ts'

/**
 * - `open`: no token needed; one that is sent and does not count changes nothing.
 * - `user`: a valid access token, with or without organization.
 * - `organization`: a valid access token that names an organization; a `:org` in the path must be that one, else 404.
 * - `internal`: another service of the list `callers`; never proxied.
 */
export type RouteAuth = 'open' | 'user' | 'organization' | 'internal'

/**
 * Whose access token a route takes: a person's only, also that of a service account of the organization, or also that
 * of a service account of the platform.
 */
export type RoutePrincipals = 'people' | 'any' | 'any_and_platform'

export type RouteContract = {
  readonly operationId: string
  readonly service: ServiceName
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With `:name` parameters. */
  readonly path: string
  readonly summary: string
  readonly auth: RouteAuth
  readonly callers?: readonly ServiceName[]
  /**
   * Absent: `people` where the token is about oneself (`user`), `any` inside an organization. A route for people
   * answers a service account with 403 `person_required`; one that is not for the platform's answers those with 403
   * `forbidden`.
   */
  readonly principals?: RoutePrincipals
  /**
   * Whether an operator who acts as a person is served. Absent: what reads is (`GET`), unless it is the platform's
   * (`/v1/platform/`); everything else is 403 `impersonation_refused`.
   */
  readonly impersonation?: 'allowed' | 'refused'
  readonly params?: TObject
  readonly query?: TObject
  readonly headers?: TObject
  readonly body?: TSchema
  /**
   * The body is one list, and may also come as lines of JSON (`application/x-ndjson`), each an item of `member`: so
   * many items and bytes at most, whatever the schema and `bodyLimitBytes` say of a body that is one JSON text.
   */
  readonly lines?: { readonly member: string; readonly mostItems: number; readonly mostBytes: number }
  /** A request without a body is one whose members are all absent. */
  readonly bodyIsOptional?: boolean
  /** A body as a client might send it, for the reference. */
  readonly example?: unknown
  /**
   * The one success. `body` absent means no content, unless the answer `streams`: media types of one that is written
   * piece by piece and has no schema. One that streams server-sent events stays open (`isLive`).
   */
  readonly success: {
    readonly status: 200 | 201 | 202 | 204
    readonly body?: TSchema
    readonly streams?: readonly string[]
    readonly description: string
  }
  /** Beyond the ones every route can answer with. */
  readonly problems?: readonly ProblemCode[]
  /** Accepts an `Idempotency-Key`. */
  readonly idempotent?: boolean
  /** Members of the success that are secrets: only the first answer has them, a replay never does. */
  readonly shownOnce?: readonly string[]
  /** May be sent again after a lost answer without a second effect (GET always may). */
  readonly retryable?: boolean
  /**
   * With `Gatehouse-Token-Transport: cookie`: the refresh token of the answer is `given` as a cookie in its place;
   * `taken`: the one of the request comes from there as well. Without content the cookie goes.
   */
  readonly refreshCookie?: 'given' | 'taken'
  /** A budget of its own at the gateway: per address, for `refresh` also per token. */
  readonly limit?: 'credentials' | 'invitation' | 'refresh' | 'check'
  /** Largest body in bytes; 64 KiB when absent. */
  readonly bodyLimitBytes?: number
  /** Milliseconds until an unfinished answer is 503 `deadline_exceeded`; 3000 when absent. */
  readonly deadlineMs?: number
  /** Asked by every neighbour again and again: an answer is logged at `debug`, unless it is a 5xx. */
  readonly isRoutine?: boolean
  /** `authzen`: a standard that knows 400 and no 415 (OpenID AuthZEN 1.0, HTTPS binding). */
  readonly dialect?: 'authzen'
}

export const isOpenToImpersonation = ({
  impersonation,
  method,
  path,
}: Pick<RouteContract, 'impersonation' | 'method' | 'path'>): boolean =>
  impersonation === undefined ? method === 'GET' && !path.startsWith('/v1/platform/') : impersonation === 'allowed'

/** Keeps the literal types of a contract while checking its shape. */
export const defineRoute = <const R extends RouteContract>(route: R): R => route

/** Server-sent events (WHATWG HTML, section 9.2). */
export const eventStream = 'text/event-stream'

/** Whether the answer stays open, has no deadline and ends with the access token of whoever asked. */
export const isLive = ({ success }: Pick<RouteContract, 'success'>): boolean =>
  success.streams?.includes(eventStream) === true

/** How often a service writes into an answer that stays open, if only a comment: silence means that it is gone. */
export const liveSignMs = 20_000
