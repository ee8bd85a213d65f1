/**
 * One exchange with another service: headers out, answer in. An answer is the contract's success or a problem; a known
 * problem becomes the same AppError, but what caused it there stays there. No answer is a `NeighbourGone`. Used only by
 * `service-client.ts`, which decides how often.
 */
import { internalHeaders, revisionHeader, type ServiceName } from '@gatehouse/contracts/common/services'
import type { Dispatcher, Pool } from 'undici'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import {
  childTraceparent,
  currentContext,
  newContext,
  recordRevision,
} from '@gatehouse/service-kit/context/request-context'
import { decodeRevision } from '@gatehouse/service-kit/context/revision'
import {
  isAppError,
  isProblemCode,
  problem,
  type AppError,
  type FieldError,
} from '@gatehouse/service-kit/errors/app-error'
import type { AssertionSigner } from '../tokens/assertion.ts'
import type { PrincipalCaller } from '../callers/caller.ts'
import { causesOf } from '@gatehouse/service-kit/errors/unavailable'
import { NeighbourGone } from './resilience.ts'
import { AnswerGivenUp, askForAll } from './whole-answer.ts'

export type Upstream = { pool: Pool; target: ServiceName; signer: AssertionSigner }

/** Whoever acts through this service, as far as the callee has to know. */
export type Bearer = Pick<PrincipalCaller, 'accessToken'>

export type AnswerHeaders = Dispatcher.ResponseData['headers']
type AnswerHead = Pick<Dispatcher.ResponseData, 'statusCode' | 'headers'>

export type Outgoing = {
  method: Dispatcher.HttpMethod
  /** With its query. */
  path: string
  body?: string
  user?: Bearer | undefined
  headers?: Readonly<Record<string, string>>
  /** Its body may be a credential, and `unauthenticated` then says that it does not count. */
  bringsCredential?: boolean
  timeoutMs: number
  isRetryable: boolean
}

/** What came back. A refusal is an answer as well: it says nothing against the neighbour. */
export type Answer =
  | { readonly kind: 'answered'; readonly body: unknown; readonly headers: AnswerHeaders }
  | { readonly kind: 'refused'; readonly problem: AppError }

const maxAnswerBytes = 16 * 1024 * 1024
const maxLineBytes = 1024 * 1024

/** Until the request under way is given up by whoever asked. */
export function remainingMs(): number {
  const deadlineMs = currentContext()?.deadlineMs
  return deadlineMs === undefined ? Infinity : deadlineMs - systemClock.monotonicMs()
}

function headersFor({ target, signer }: Upstream, outgoing: Outgoing): Record<string, string> {
  const context = currentContext() ?? newContext()
  const { body, user, headers } = outgoing
  return {
    ...headers,
    authorization: `Bearer ${signer.assertionFor(target, outgoing)}`,
    accept: 'application/json',
    'x-request-id': context.requestId,
    traceparent: childTraceparent(context.traceparent),
    [internalHeaders.correlation]: context.correlationId,
    ...(context.causationId ? { [internalHeaders.causation]: context.causationId } : {}),
    ...(context.clientAddress ? { [internalHeaders.clientAddress]: context.clientAddress } : {}),
    ...(context.userAgent ? { [internalHeaders.userAgent]: headerText(context.userAgent) } : {}),
    ...(user ? { [internalHeaders.accessToken]: user.accessToken } : {}),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  }
}

/** A header carries no control characters, whatever an event once recorded. */
const headerText = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 512)

const requestOf = (upstream: Upstream, outgoing: Outgoing): Dispatcher.DispatchOptions => ({
  method: outgoing.method,
  path: outgoing.path,
  headers: headersFor(upstream, outgoing),
  body: outgoing.body ?? null,
})

/** Less time than this says more about the asker than about the neighbour. */
const fairMs = 1000

type Failure = 'refused' | 'lost' | 'late'

function whyFailed(err: unknown): Failure {
  if (err instanceof AnswerGivenUp) return err.because === 'late' ? 'late' : 'lost'
  const isOf = (...codes: string[]): boolean =>
    causesOf(err).some((one) => codes.includes(String((one as { code?: unknown }).code)))
  if (isOf('ECONNREFUSED')) return 'refused'
  return isOf('UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT') ? 'late' : 'lost'
}

/** Late is told apart from gone: a late answer is never asked for again. */
function failureOf(target: ServiceName, err: unknown, because: Failure): AppError {
  const internal = `${target} ${because === 'late' ? 'took too long' : 'did not answer'}: ${(err as Error).message}`
  return problem(because === 'late' ? 'deadline_exceeded' : 'upstream_failed', {
    internal,
    cause: err,
    retryAfterSeconds: 1,
  })
}

/** Sends and reads one whole answer. @throws NeighbourGone */
export async function exchange(upstream: Upstream, outgoing: Outgoing): Promise<Answer> {
  const { target } = upstream
  const timeoutMs = Math.ceil(Math.min(outgoing.timeoutMs, remainingMs()))
  const refused = (given: AppError): Answer => ({ kind: 'refused', problem: given })
  if (timeoutMs <= 0) return refused(problem('deadline_exceeded', { internal: `no time left to ask ${target}` }))
  try {
    const bounds = { timeoutMs, mostBytes: maxAnswerBytes }
    const answer = await askForAll(upstream.pool, requestOf(upstream, outgoing), bounds)
    const { text, headers } = answer
    if (answer.statusCode >= 300) return refused(refusalOf(upstream, outgoing, answer, text))
    mergeRevision(headers[revisionHeader])
    return { kind: 'answered', body: text === '' ? undefined : parsed(target, text), headers }
  } catch (err) {
    if (err instanceof NeighbourGone) throw err
    if (isAppError(err)) return refused(err)
    if (err instanceof AnswerGivenUp && err.because === 'too_long') return refused(answersTooMuch(target))
    const because = whyFailed(err)
    const failure = failureOf(target, err, because)
    if (because === 'late' && timeoutMs < Math.min(outgoing.timeoutMs, fairMs)) return refused(failure)
    // A refused connection carried nothing: any call may be repeated, as during a restart.
    throw new NeighbourGone(failure, {
      isRepeatable: because === 'refused' || (because === 'lost' && outgoing.isRetryable),
    })
  }
}

const answersTooMuch = (target: ServiceName): AppError =>
  problem('upstream_failed', { internal: `${target} answers too much` })

/** Of a stream that was refused. */
async function textOf(target: ServiceName, response: Dispatcher.ResponseData): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxAnswerBytes) throw answersTooMuch(target)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parsed(target: ServiceName, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (err) {
    throw problem('upstream_failed', { internal: `${target} answered something that is not JSON`, cause: err })
  }
}

const ownMistakes = new Set([
  'malformed_request',
  'unsupported_media_type',
  'method_not_allowed',
  'payload_too_large',
  'headers_too_large',
  'internal_error',
])

/**
 * A 503 without a code of ours comes from what stands before the neighbour, and `unavailable` is the neighbour's word
 * for itself. Its other 503s are about one question (`not_current` of one organization, a `revision_unavailable`
 * somebody invented, the mistake of a third service): nobody else must suffer for them.
 */
const saysGone = (status: number, code: string | undefined): boolean =>
  status === 503 && (code === 'unavailable' || !isProblemCode(code))

/** Our own mistakes towards a neighbour (a refused assertion, a broken contract) are never the outside caller's. */
function refusalOf({ target }: Upstream, outgoing: Outgoing, response: AnswerHead, text: string): AppError {
  const document = problemIn(response, text)
  const status = response.statusCode
  const internal = `${target} answered ${status} ${document?.code ?? ''}`.trim()
  const retryAfterSeconds = Number(response.headers['retry-after']) || undefined
  if (saysGone(status, document?.code))
    throw new NeighbourGone(problem('unavailable', { internal, retryAfterSeconds }), { isRepeatable: false })
  const known = document && isProblemCode(document.code) && !ownMistakes.has(document.code) ? document.code : undefined
  const isOurs =
    known === undefined || (known === 'unauthenticated' && outgoing.user === undefined && !outgoing.bringsCredential)
  if (isOurs) return problem('upstream_failed', { internal, retryAfterSeconds })
  const challenge = known === 'insufficient_user_authentication' ? headerOf(response, 'www-authenticate') : undefined
  return problem(known, { internal, retryAfterSeconds, challenge, detail: document?.detail, errors: document?.errors })
}

const headerOf = ({ headers }: AnswerHead, name: string): string | undefined => {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

function problemIn(
  response: AnswerHead,
  text: string,
): { code: string; detail?: string; errors?: FieldError[] } | undefined {
  const type = response.headers['content-type']
  if (typeof type !== 'string' || !type.startsWith('application/problem+json')) return undefined
  try {
    return JSON.parse(text) as { code: string }
  } catch {
    return undefined
  }
}

function mergeRevision(header: string | string[] | undefined): void {
  const revisions = typeof header === 'string' ? decodeRevision(header) : undefined
  for (const [producer, position] of Object.entries(revisions ?? {})) recordRevision(producer, position)
}

/** The lines of an NDJSON answer. Ends early only by throwing; an unfinished last line is an error of the reader. */
export async function* streamLines(upstream: Upstream, outgoing: Outgoing): AsyncGenerator<unknown> {
  let rest: Buffer = Buffer.alloc(0)
  try {
    const { timeoutMs } = outgoing
    const waits = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs }
    const response = await upstream.pool.request({ ...requestOf(upstream, outgoing), ...waits })
    if (response.statusCode !== 200)
      throw refusalOf(upstream, outgoing, response, await textOf(upstream.target, response))
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      let end = rest.indexOf(0x0a)
      while (end >= 0) {
        if (end > 0) yield parsed(upstream.target, rest.subarray(0, end).toString('utf8'))
        rest = rest.subarray(end + 1)
        end = rest.indexOf(0x0a)
      }
      if (rest.length > maxLineBytes)
        throw problem('upstream_failed', { internal: `${upstream.target} sent an endless line` })
    }
  } catch (err) {
    if (isAppError(err)) throw err
    throw err instanceof NeighbourGone ? err.answer : failureOf(upstream.target, err, whyFailed(err))
  }
  if (rest.length > 0)
    throw problem('upstream_failed', { internal: `${upstream.target} broke off in the middle of a record` })
}
