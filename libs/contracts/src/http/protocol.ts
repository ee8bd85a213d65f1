/**
 * What a route of a protocol is (OAuth 2.0, OpenID Connect). It is bound and passed on like a route contract, but it
 * speaks the form of its standard: parameters in a query or a form, `error` and `error_description`, redirects,
 * `WWW-Authenticate`; never a problem document.
 */
import type { ServiceName } from '../common/services.ts'
import type { RouteContract } from './contract.ts'

export type ProtocolContract = {
  readonly operationId: string
  readonly service: ServiceName
  readonly methods: readonly ('GET' | 'POST' | 'PUT' | 'DELETE')[]
  /** Without parameters: what a request is about stands in its query or form. */
  readonly path: string
  readonly summary: string
  /**
   * Who reads an error: a program (`json`, RFC 6749 §5.2) or a person in a browser (`page`), who is redirected only
   * where that is safe.
   */
  readonly errors: 'json' | 'page'
  /** The `Authorization` header is the client's or the bearer's and reaches the service; elsewhere it stays outside. */
  readonly takesAuthorization?: boolean
  /** Cookies whose names begin so, after `__Host-` or without it, reach the service; elsewhere none does. */
  readonly cookiePrefixes?: readonly string[]
  /**
   * Scripts of every origin may call it and read the answer: it takes no cookie, so a browser adds nothing of its
   * user's.
   */
  readonly isForScripts?: boolean
  /** A lost answer may be asked for again: a second request changes nothing that the first did not. */
  readonly isSafe?: boolean
  /** What is sent is JSON (RFC 7591 §3.1); elsewhere it is a form. */
  readonly takesJson?: boolean
  readonly limit?: NonNullable<RouteContract['limit']>
}

/** Keeps the literal types of a contract while checking its shape. */
export const defineProtocol = <const P extends ProtocolContract>(protocol: P): P => protocol

/** Largest form in bytes: the longest request of OpenID Connect is a signed one of some kilobytes. */
export const protocolBodyLimitBytes = 32 * 1024
