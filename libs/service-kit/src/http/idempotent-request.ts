/**
 * What serving a route needs to know about idempotency keys; where they are kept is `idempotency.ts`, which needs a
 * database and this does not.
 */
export type IdempotentRequest = {
  /** As the client sent it: 1 to 255 visible ASCII characters. */
  key: string | string[]
  /** Whose key it is: the same key of somebody else is another one. */
  owner: string
  route: string
  /** SHA-256 of what was asked; another one under the same key is another request. */
  requestHash: Buffer
  /** Of the success. */
  status: number
  /** Members of the success that are never stored, so a replay lacks them. */
  shownOnce?: readonly string[]
}

export type IdempotentOutcome = { status: number; body: unknown }

export type IdempotencyStore = {
  /** @throws AppError `validation_failed` (malformed key), `idempotency_key_reused`, `idempotency_in_progress` */
  once(request: IdempotentRequest, run: () => Promise<unknown>): Promise<IdempotentOutcome>
}
