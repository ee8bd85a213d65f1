/**
 * Reading an event from the bus: believed only when its producer signed it and it stands under its own subject.
 * Whatever else somebody publishes is refused, logged and counted, and holds up nothing: the position of an event comes
 * from its signed payload.
 */
import type { JsMsg } from '@nats-io/jetstream'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import { counter } from '@gatehouse/service-kit/telemetry/metrics'
import type { NatsLink } from './connection.ts'
import { signatureHeader } from './event-signature.ts'

type Refusal = 'unsigned' | 'not signed by its producer' | 'not an event of its subject'

const refused = counter(
  'spine_events_refused_total',
  'Messages on the bus that are not an event signed by its producer, by subscription',
)
/** Between two log lines about one subscription; the counter counts each message. */
const quietMs = 1000

/** Reads the messages of one subscription; undefined for a message that is refused. */
export function createEventReader(o: {
  subscription: string
  producer: ServiceName
  nats: NatsLink
  log: Logger
}): (message: JsMsg) => EventEnvelope | undefined {
  let unsaid = 0
  let quietUntilMs = -Infinity
  const refuse = (message: JsMsg, reason: Refusal): undefined => {
    refused.add(1, { subscription: o.subscription, reason })
    unsaid += 1
    if (performance.now() < quietUntilMs) return undefined
    const about = { subscription: o.subscription, subject: message.subject, reason, refused: unsaid }
    o.log.warn(about, 'a message that its producer did not sign as an event was refused')
    unsaid = 0
    quietUntilMs = performance.now() + quietMs
    return undefined
  }
  return (message) => {
    const signature = message.headers?.get(signatureHeader)
    if (signature === undefined || signature === '') return refuse(message, 'unsigned')
    if (!o.nats.verifier.isSignedBy(o.producer, message.data, signature))
      return refuse(message, 'not signed by its producer')
    // Signed by its producer, so it is the JSON of an envelope.
    const event = message.json<EventEnvelope>()
    if (message.subject !== o.nats.scoped.subject(event.type)) return refuse(message, 'not an event of its subject')
    return event
  }
}
