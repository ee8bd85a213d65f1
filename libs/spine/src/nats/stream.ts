/**
 * The stream of one producer: a bounded copy of its outbox, made by whoever needs it first and made again when its
 * store was lost. Everybody creates it with this one configuration, so creating is idempotent.
 */
import { DiscardPolicy, JetStreamApiError, RetentionPolicy, StorageType, type StreamConfig } from '@nats-io/jetstream'
import { streamOf, subjectsOf } from '@gatehouse/contracts/events/streams'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import type { NatsLink } from './connection.ts'

export const nanosPerMs = 1_000_000
const dayMs = 86_400_000
/** JetStream reserves this much per stream; behind it the outbox still has every event of seven days. */
const maxBytes = 128 * 1024 * 1024
/** Publishing twice within it stores once. Longer than any retry of the relay. */
const duplicateWindowMs = 120_000
const nameInUse = 10058

/**
 * Makes sure the producer's stream exists; its producer also keeps it as configured. Returns its name; fails when NATS
 * is away.
 */
export async function ensureStream(
  link: NatsLink,
  producer: ServiceName,
  o: { isOwn?: boolean } = {},
): Promise<string> {
  const session = link.session()
  if (session === undefined) throw new Error('NATS is not connected')
  const name = link.scoped.stream(streamOf(producer))
  const wanted: Partial<StreamConfig> & { name: string } = {
    name,
    subjects: [link.scoped.subject(subjectsOf(producer))],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    max_age: 7 * dayMs * nanosPerMs,
    max_bytes: maxBytes,
    duplicate_window: duplicateWindowMs * nanosPerMs,
    allow_direct: true,
  }
  try {
    await session.manager.streams.add(wanted)
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== nameInUse) throw error
    if (o.isOwn === true) await session.manager.streams.update(name, wanted)
  }
  return name
}
