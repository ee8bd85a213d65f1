/** The context an event is handled in: its correlation goes on, and what it causes names it as the cause. */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { newContext, runInContext, type RequestContext } from '@gatehouse/service-kit/context/request-context'

const contextOfEvent = (event: EventEnvelope): RequestContext =>
  newContext({
    ...(event.requestid === undefined ? {} : { requestId: event.requestid }),
    correlationId: event.correlationid,
    causationId: event.id,
    traceparent: event.traceparent ?? '',
    clientAddress: event.clientaddress,
    userAgent: event.useragent,
  })

export type InContextOf = <T>(event: EventEnvelope, run: () => T) => T
export const inContextOf: InContextOf = (event, run) => runInContext(contextOfEvent(event), run)
