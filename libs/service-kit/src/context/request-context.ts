/**
 * What travels with one request, event or job without being an argument: ids for tracing, who is at the other end of
 * the wire, and the positions of what was written. It explains, it never decides: security reads its arguments only.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { chanceHex } from '../ids/chance.ts'
import { newId } from '../ids/type-id.ts'

export type RequestContext = {
  requestId: string
  /** Of the whole story: the first request's id, carried through events and jobs. */
  correlationId: string
  /** Id of the event or request that directly led here. */
  causationId?: string | undefined
  /** W3C trace context. */
  readonly traceparent: string
  /** The trace in it. To read it makes no span. */
  readonly traceId: string
  clientAddress?: string | undefined
  userAgent?: string | undefined
  /** Highest position written per producer; becomes `Gatehouse-Revision`. */
  readonly revisions: Map<string, number>
  readonly hasRevisions: boolean
  /**
   * Runs in each transaction of this work, last before it commits: what it writes is there exactly when the effect is.
   */
  beforeCommit?: ((tx: unknown) => Promise<void>) | undefined
  /** Throws where the work may go no further than to its first write: what a write would do was done before. */
  beforeWrite?: (() => void) | undefined
  /** What this work answers with, kept by its transaction. */
  answer?: { readonly body: unknown } | undefined
  /** Monotonic milliseconds after which nobody waits for the answer any more. */
  deadlineMs?: number | undefined
}

const storage = new AsyncLocalStorage<RequestContext>()

/** The context of the work under way, if there is one. */
export const currentContext = (): RequestContext | undefined => storage.getStore()

export const runInContext = <T>(context: RequestContext, run: () => T): T => storage.run(context, run)

/** What only few of all requests read is made when it is read. */
class WorkContext implements RequestContext {
  requestId: string
  correlationId: string
  causationId: string | undefined
  clientAddress: string | undefined
  userAgent: string | undefined
  beforeCommit: RequestContext['beforeCommit']
  beforeWrite: RequestContext['beforeWrite']
  answer: RequestContext['answer']
  deadlineMs: number | undefined
  readonly #parent: string | undefined
  #trace: Trace | undefined
  #span: string | undefined
  #revisions: Map<string, number> | undefined

  constructor(from: Partial<RequestContext>, revisions = from.revisions) {
    this.requestId = from.requestId ?? newId('req')
    this.correlationId = from.correlationId ?? this.requestId
    this.causationId = from.causationId
    this.clientAddress = from.clientAddress
    this.userAgent = from.userAgent
    this.beforeCommit = from.beforeCommit
    this.beforeWrite = from.beforeWrite
    this.answer = from.answer
    this.deadlineMs = from.deadlineMs
    this.#parent = from.traceparent
    this.#revisions = revisions
  }
  get traceparent(): string {
    return (this.#span ??= spanIn((this.#trace ??= traceOf(this.#parent))))
  }
  get traceId(): string {
    return (this.#trace ??= traceOf(this.#parent)).traceId
  }
  get revisions(): Map<string, number> {
    return (this.#revisions ??= new Map())
  }
  get hasRevisions(): boolean {
    return this.#revisions !== undefined && this.#revisions.size > 0
  }
}

/** A context for work that begins here; what is given is kept, ids that are missing are made. */
export const newContext = (from: Partial<RequestContext> = {}): RequestContext => new WorkContext(from)

/** The same work, whose further writes are not told in its answer. */
export const withOwnRevisions = (context: RequestContext): RequestContext => new WorkContext(context, new Map())

/** Notes that this work wrote (or saw) `position` of `producer`. Outside any context it does nothing. */
export function recordRevision(producer: string, position: number): void {
  const revisions = storage.getStore()?.revisions
  if (revisions && (revisions.get(producer) ?? -1) < position) revisions.set(producer, position)
}

/**
 * Says within a transaction what the request will be answered with, so that effect and answer are kept together and a
 * repeat under the same `Idempotency-Key` gets that answer. Returns it. A transaction that runs again says it again;
 * without a key it has no effect.
 */
export function keepAnswer<T>(body: T): T {
  const context = storage.getStore()
  if (context) context.answer = { body }
  return body
}

type Trace = { readonly traceId: string; readonly flags: number }

/** W3C Trace Context §3.2.2; what follows the flags is of a later version than 00. */
const parentForm = /^(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?$/
/** `sampled`, and `random-trace-id` of level 2: a flag that is not known is not passed on (W3C Trace Context §4.3). */
const knownFlags = 0b11
const sampled = 0b01

/**
 * The given trace, or a new one when there is none or it is malformed. Read here and not by OpenTelemetry's propagator,
 * which makes three contexts and a carrier for it: each request on each hop brings one.
 */
function traceOf(parent: string | undefined): Trace {
  const given = parent === undefined ? null : parentForm.exec(parent)
  if (given === null || (given[1] === '00' && given[4] !== undefined)) return { traceId: chanceId(16), flags: sampled }
  return { traceId: given[2] as string, flags: Number.parseInt(given[3] as string, 16) & knownFlags }
}

const spanIn = ({ traceId, flags }: Trace): string => `00-${traceId}-${chanceId(8)}-0${flags}`

/** Chance may give nothing but zeros, which is no id. */
function chanceId(bytes: number): string {
  const id = chanceHex(bytes)
  return /[^0]/.test(id) ? id : chanceId(bytes)
}

/** A new span in the given trace, or in a new one when there is none or it is malformed (W3C Trace Context §3.2). */
export const childTraceparent = (parent?: string): string => spanIn(traceOf(parent))
