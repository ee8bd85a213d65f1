/**
 * The producing side of a service. A write is a transaction (state, version, event); right after its commit the events get their positions,
 * the caller's revision is noted and the relay wakes. Whatever goes wrong after the commit is made up for by sweeps: the write stands.
 */
import type { ServiceName } from '@gatehouse/contracts/common/services'
import type { ChangesPage } from '@gatehouse/contracts/http/spine/changes'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import { recordRevision } from '@gatehouse/service-kit/context/request-context'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import type { Db, Tx } from '@gatehouse/service-kit/postgres/connect'
import { describeFailure } from '@gatehouse/service-kit/postgres/errors'
import { startPartitionUpkeep } from '@gatehouse/service-kit/postgres/partitions'
import { inScope, type Scope } from '@gatehouse/service-kit/postgres/transaction'
import { readChanges } from './changes.ts'
import type { NatsLink } from '../nats/connection.ts'
import { createRelay } from './relay.ts'
import { createSequencer, type Head } from './sequencer.ts'
import { snapshotLines, type SnapshotViews } from './snapshot.ts'
import { readSnapshot, type ChangesQuery, type SpineClient } from '../follow/spine-client.ts'

export type WriteOptions = {
  /** The role whose transaction it is; `runtime` when absent. */
  db?: 'runtime' | 'system'
  /** Also waits, at most 250 ms, until JetStream has acknowledged: for revocations, before their 204. */
  announce?: 'await'
}

export type Spine = {
  readonly service: ServiceName
  /** Runs `run` in one transaction under `scope` and announces what it appended. Retried on serialization failures. */
  write<T>(scope: Scope, run: (tx: Tx) => Promise<T>, options?: WriteOptions): Promise<T>
  /** Everything committed has a position; the head. */
  sequence(): Promise<Head>
  changes(query: ChangesQuery): Promise<ChangesPage>
  /** Relay, sweep and partition upkeep begin; the other functions work without. */
  start(): void
  stop(): Promise<void>
}

const announceWaitMs = 250
const sweepMs = 1000

export function createSpine(o: {
  service: ServiceName
  runtime: Db
  system: Db
  nats: NatsLink
  log: Logger
  clock: Clock
}): Spine {
  const log = o.log.child({ part: 'spine' })
  const relay = createRelay({ service: o.service, system: o.system, nats: o.nats, log })
  const sequencer = createSequencer({ system: o.system, onSequenced: relay.wake })
  let upkeep: { stop(): void } | undefined
  let timer: NodeJS.Timeout | undefined
  let sweeping: Promise<unknown> = Promise.resolve()

  const announce = async (mode: WriteOptions['announce']) => {
    try {
      const { head } = await sequencer.sequence()
      recordRevision(o.service, head)
      if (mode !== 'await' || o.nats.status() === 'disconnected') return
      // Another replica may have sequenced it, and be about to publish it: twice is harmless, late is not.
      relay.wake()
      await relay.waitUntilPublished(head, announceWaitMs)
    } catch (error) {
      log.warn({ reason: describeFailure(error) }, 'a committed write is not announced yet; the sweep will do it')
    }
  }
  const sweep = () => {
    sweeping = sequencer
      .sequence()
      .catch((error: unknown) => log.debug({ reason: describeFailure(error) }, 'sweep failed'))
  }

  return {
    service: o.service,
    write: async (scope, run, options = {}) => {
      const result = await inScope(options.db === 'system' ? o.system : o.runtime, scope, run)
      await announce(options.announce)
      return result
    },
    sequence: sequencer.sequence,
    changes: (query) => readChanges({ service: o.service, system: o.system, sequencer }, query),
    start: () => {
      relay.start()
      upkeep = startPartitionUpkeep({ db: o.system, log })
      timer = setInterval(sweep, sweepMs)
      timer.unref()
      sweep()
    },
    stop: async () => {
      clearInterval(timer)
      upkeep?.stop()
      await sweeping
      await relay.stop()
    },
  }
}

/** How a service follows itself: the same questions as over HTTP, without the wire. */
export function createLocalClient(o: { spine: Spine; system: Db; snapshots: SnapshotViews }): SpineClient {
  return {
    changes: o.spine.changes,
    snapshot: async (name) => {
      const view = o.snapshots[name]
      if (view === undefined) throw problem('not_found', { internal: `no snapshot view ${name}` })
      return readSnapshot(snapshotLines({ system: o.system, view }))
    },
  }
}
