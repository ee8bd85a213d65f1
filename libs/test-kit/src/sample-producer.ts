/** A producer that announces facts without meaning, for tests of the spine itself and of whoever consumes it. */
import Type from 'typebox'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { NatsLink } from '@gatehouse/spine/nats/connection'
import { createLocalClient, createSpine, type Spine, type WriteOptions } from '@gatehouse/spine/produce/producer'
import type { SnapshotViews } from '@gatehouse/spine/produce/snapshot'
import type { SpineClient } from '@gatehouse/spine/follow/spine-client'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import type { TestDatabase } from './database.ts'
import { quietLog } from './log.ts'

export const ThingChanged = {
  type: 'gatehouse.tokens.thing.changed.v1',
  data: Type.Object({ n: Type.Integer() }),
} as const

export const ThingIgnored = {
  type: 'gatehouse.tokens.thing.ignored.v1',
  data: Type.Object({ n: Type.Integer() }),
} as const

export type SampleProducer = {
  spine: Spine
  client: SpineClient
  system: Db
  /** One write that appends one event per entry, each of the given aggregate (a new one when absent) and version. */
  announce(
    events: readonly { n: number; aggregateId?: string; version?: number; ignored?: boolean }[],
    options?: WriteOptions,
  ): Promise<void>
}

/** `services` of the database must contain `service` (tokens when absent); only its spine is used. */
export function createSampleProducer(
  database: Pick<TestDatabase, 'connect'>,
  o: { nats: NatsLink; service?: ServiceName; snapshots?: SnapshotViews; maxConnections?: number },
): SampleProducer {
  const service = o.service ?? 'tokens'
  const system = database.connect(service, 'system', o.maxConnections)
  const spine = createSpine({
    service,
    runtime: database.connect(service, 'runtime', o.maxConnections),
    system,
    nats: o.nats,
    log: quietLog,
    clock: systemClock,
  })
  return {
    spine,
    system,
    client: createLocalClient({ spine, system, snapshots: o.snapshots ?? {} }),
    announce: (events, options) =>
      spine.write(
        {},
        async (tx) => {
          for (const { n, aggregateId = newId('thing'), version = 1, ignored = false } of events) {
            await appendEvent(tx, {
              contract: ignored ? ThingIgnored : ThingChanged,
              aggregateType: 'thing',
              aggregateId,
              version,
              actor: 'system',
              data: { n },
            })
          }
        },
        options,
      ),
  }
}
