/**
 * The fast path of a consumer: a durable JetStream pull consumer shared by its replicas. A message is acknowledged
 * after its effect has committed, so a replica that dies hands it to another.
 */
import { AckPolicy, DeliverPolicy, JetStreamApiError } from '@nats-io/jetstream'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import type { NatsLink, NatsSession } from './connection.ts'
import { createEventReader } from './signed-event.ts'
import { ensureStream, nanosPerMs } from './stream.ts'
import { subscribe, type Subscription } from './subscription.ts'

/** Longer than all tries of one event together; a dead replica's messages come to another after it. */
const ackWaitMs = 30_000
const mostOutstanding = 256
const fetched = 64
const consumerExists = [10148, 10013]

export type DurableMessage = { event: EventEnvelope; ack(): void; retryLater(): void }

export function openDurable(o: {
  /** `<service>--<purpose>`, the durable name. */
  name: string
  producer: ServiceName
  /** Event types of this producer. */
  subjects: readonly string[]
  nats: NatsLink
  log: Logger
  onMessage(message: DurableMessage): void
  onOpen(): void
}): Subscription {
  const read = createEventReader({ subscription: o.name, ...o })
  return subscribe({
    name: `${o.name} of ${o.producer}`,
    link: o.nats,
    log: o.log,
    open: async (session, onMessage) => {
      const stream = await ensureStream(o.nats, o.producer)
      const filters = o.subjects.map((subject) => o.nats.scoped.subject(subject))
      await ensureConsumer(session, { stream, name: o.name, filters })
      const consumer = await session.client.consumers.get(stream, o.name)
      return consumer.consume({ callback: onMessage, max_messages: fetched, expires: 10_000, idle_heartbeat: 1000 })
    },
    onMessage: (message) => {
      const event = read(message)
      if (event !== undefined)
        return o.onMessage({ event, ack: () => message.ack(), retryLater: () => message.nak(1000) })
      message.term()
    },
    onOpen: o.onOpen,
  })
}

async function ensureConsumer(
  { manager }: NatsSession,
  o: { stream: string; name: string; filters: string[] },
): Promise<void> {
  const changeable = { ack_wait: ackWaitMs * nanosPerMs, max_ack_pending: mostOutstanding, filter_subjects: o.filters }
  try {
    await manager.consumers.add(o.stream, {
      ...changeable,
      durable_name: o.name,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
    })
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || !consumerExists.includes(error.code)) throw error
    await manager.consumers.update(o.stream, o.name, changeable)
  }
}
