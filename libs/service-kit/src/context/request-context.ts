/**
 * What travels with one request, event or job without being an argument: ids for tracing, who is at the other end of the wire,
 * and the positions of what was written. It explains, it never decides: security reads its arguments only.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomFillSync } from 'node:crypto'
import { defaultTextMapGetter, defaultTextMapSetter, ROOT_CONTEXT, trace, TraceFlags } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { newId } from '../ids/type-id.ts'

export type RequestContext = {
  requestId: string
  /** Of the whole story: the first request's id, carried through events and jobs. */
  correlationId: string
  /** Id of the event or request that directly led here. */
  causationId?: string | undefined
  /** W3C trace context. */
  readonly traceparent: string
  clientAddress?: string | undefined
  userAgent?: string | undefined
  /** Highest position written per producer; becomes `Gatehouse-Revision`. */
  revisions: Map<string, number>
  /** Runs in each transaction of this work, last before it commits: what it writes is there exactly when the effect is. */
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

/** A context for work that begins here; what is given is kept, ids that are missing are made. */
export function newContext(from: Partial<RequestContext> = {}): RequestContext {
  const requestId = from.requestId ?? newId('req')
  let span: string | undefined
  return {
    ...from,
    requestId,
    correlationId: from.correlationId ?? requestId,
    // Chance costs more than most of an answer, and only a log line or another request wants it.
    get traceparent() {
      return (span ??= childTraceparent(from.traceparent))
    },
    revisions: from.revisions ?? new Map(),
  }
}

/** Notes that this work wrote (or saw) `position` of `producer`. Outside any context it does nothing. */
export function recordRevision(producer: string, position: number): void {
  const revisions = storage.getStore()?.revisions
  if (revisions && (revisions.get(producer) ?? -1) < position) revisions.set(producer, position)
}

/**
 * Says within a transaction what the request will be answered with, so that effect and answer are kept together and a repeat under the same
 * `Idempotency-Key` gets that answer. Returns it. A transaction that runs again says it again; without a key it has no effect.
 */
export function keepAnswer<T>(body: T): T {
  const context = storage.getStore()
  if (context) context.answer = { body }
  return body
}

const propagator = new W3CTraceContextPropagator()
/** `sampled`, and `random-trace-id` of level 2: a flag that is not known is not passed on (W3C Trace Context §4.3). */
const knownFlags = 0b11

/** Random bytes are drawn for many ids at once: each draw costs more than the rest of an id. They identify, and nothing is secret about them. */
const drawn = Buffer.alloc(4096)
let used = drawn.length

function randomHex(bytes: number): string {
  if (used + bytes > drawn.length) {
    randomFillSync(drawn)
    used = 0
  }
  used += bytes
  return drawn.toString('hex', used - bytes, used)
}

/** A new span in the given trace, or a new trace when there is none or it is malformed (W3C Trace Context §3.2). */
export function childTraceparent(parent?: string): string {
  const carrier: { traceparent?: string } = parent === undefined ? {} : { traceparent: parent }
  const given = trace.getSpanContext(propagator.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter))
  const span = {
    traceId: given?.traceId ?? randomHex(16),
    spanId: randomHex(8),
    traceFlags: given ? given.traceFlags & knownFlags : TraceFlags.SAMPLED,
  }
  const child: { traceparent?: string } = {}
  propagator.inject(trace.setSpanContext(ROOT_CONTEXT, span), child, defaultTextMapSetter)
  // Chance gave nothing but zeros, which is no id.
  return child.traceparent ?? childTraceparent(parent)
}
