/**
 * A refusal in the words of OAuth 2.0 (RFC 6749 §5.2): a code of the closed list and a description the client's
 * developer may read.
 */
import { oauthErrors, type OAuthErrorCode } from '@gatehouse/contracts/problems/oauth-errors'

export type OAuthErrorOptions = {
  /** Public: `error_description`. */
  description?: string | undefined
  /** For operators: logged, never sent. */
  internal?: string | undefined
  /** With a 401: `WWW-Authenticate`. */
  challenge?: string | undefined
  /** Beside what the code brings. */
  headers?: Readonly<Record<string, string>> | undefined
  /** Where the code's own status would be wrong. */
  status?: number | undefined
  retryAfterSeconds?: number | undefined
  cause?: unknown
}

export class OAuthError extends Error {
  readonly code: OAuthErrorCode
  readonly status: number
  readonly description: string | undefined
  readonly challenge: string | undefined
  readonly retryAfterSeconds: number | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(code: OAuthErrorCode, options: OAuthErrorOptions = {}) {
    super(options.internal ?? options.description ?? code, { cause: options.cause })
    this.name = 'OAuthError'
    this.code = code
    this.status = options.status ?? oauthErrors[code]
    this.description = options.description
    this.challenge = options.challenge
    this.retryAfterSeconds = options.retryAfterSeconds
    this.headers = options.headers ?? {}
  }
}

/** Builds the error to throw: `throw oauthError('invalid_grant')`. */
export const oauthError = (code: OAuthErrorCode, options: OAuthErrorOptions = {}): OAuthError =>
  new OAuthError(code, options)
