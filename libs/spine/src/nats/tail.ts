/**
 * The fast path of a reader: an ephemeral consumer that delivers what is published from now on. It proves nothing:
 * what came before it, what it lost and that it is silent are all found by the reader's poll.
 */
import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import type { NatsLink } from './connection.ts'
import { createEventReader } from './signed-event.ts'
import { ensureStream, nanosPerMs } from './stream.ts'
import { subscribe, type Subscription } from './subscription.ts'

const inactiveMs = 30_000

/** Opens now and again after every doubt; `onOpen` is the moment to poll for what was published before. */
export function openTail(o: {
  name: string
  producer: ServiceName
  /** Event types, or prefixes ending in `.>`; everything of the producer when absent. */
  subjects?: readonly string[]
  nats: NatsLink
  log: Logger
  onEvent(event: EventEnvelope): void
  onOpen(): void
}): Subscription {
  const read = createEventReader({ subscription: o.name, ...o })
  return subscribe({
    name: o.name,
    link: o.nats,
    log: o.log,
    open: async ({ client, manager }, onMessage) => {
      const stream = await ensureStream(o.nats, o.producer)
      const consumer = await manager.consumers.add(stream, {
        ack_policy: AckPolicy.None,
        deliver_policy: DeliverPolicy.New,
        ...(o.subjects && { filter_subjects: o.subjects.map((subject) => o.nats.scoped.subject(subject)) }),
        inactive_threshold: inactiveMs * nanosPerMs,
        mem_storage: true,
        num_replicas: 1,
      })
      const ephemeral = await client.consumers.get(stream, consumer.name)
      return ephemeral.consume({ callback: onMessage, max_messages: 500, expires: 10_000, idle_heartbeat: 1000 })
    },
    onMessage: (message) => {
      const event = read(message)
      if (event !== undefined) o.onEvent(event)
    },
    onOpen: o.onOpen,
  })
}
