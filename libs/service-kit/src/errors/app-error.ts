/**
 * The one error language inside: a code of the closed registry, a `detail` the caller may read and an `internal` text
 * only logs see. How it looks on the wire is decided in problem-handler.ts and nowhere else.
 */
import { problems, type ProblemCode } from '@gatehouse/contracts/problems/registry'

/** One thing wrong with the input; `path` is a JSON pointer or the name of a parameter. */
export type FieldError = { path: string; message: string }

export type AppErrorOptions = {
  /** Public: sent to the caller, except on 5xx. */
  detail?: string | undefined
  /** For operators: logged, never sent. */
  internal?: string | undefined
  errors?: FieldError[] | undefined
  /** Becomes `Retry-After`. */
  retryAfterSeconds?: number | undefined
  /** With a 401: becomes `WWW-Authenticate` (RFC 9110 §11.6.1). */
  challenge?: string | undefined
  /** Of a refusal that has no code of its own; the code's when absent. */
  status?: number | undefined
  cause?: unknown
}

export class AppError extends Error {
  readonly code: ProblemCode
  readonly status: number
  readonly detail: string | undefined
  readonly internal: string | undefined
  readonly errors: FieldError[] | undefined
  readonly retryAfterSeconds: number | undefined
  readonly challenge: string | undefined

  constructor(code: ProblemCode, options: AppErrorOptions = {}) {
    super(
      options.internal ?? options.detail ?? problems[code].title,
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.name = 'AppError'
    this.code = code
    this.status = options.status ?? problems[code].status
    this.detail = options.detail
    this.internal = options.internal
    this.errors = options.errors
    this.retryAfterSeconds = options.retryAfterSeconds
    this.challenge = options.challenge
  }
}

/** Builds the error to throw: `throw problem('not_found')`. */
export const problem = (code: ProblemCode, options: AppErrorOptions = {}): AppError => new AppError(code, options)

export const isAppError = (err: unknown, code?: ProblemCode): err is AppError =>
  err instanceof AppError && (code === undefined || err.code === code)

/** HTTP status of a code. */
export const statusOf = (code: ProblemCode): number => problems[code].status

export const isProblemCode = (value: unknown): value is ProblemCode =>
  typeof value === 'string' && Object.hasOwn(problems, value)
