/**
 * The producing side of a service. A write is a transaction (state, version, event); right after its commit the events
 * get their positions, the caller's revision is noted and the relay wakes. Whatever goes wrong after the commit is made
 * up for by sweeps: the write stands.
 */
import type { ServiceName } from '@gatehouse/contracts/common/services'
import type { ChangesPage } from '@gatehouse/contracts/http/spine/changes'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import { currentContext, recordRevision } from '@gatehouse/service-kit/context/request-context'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { createUpkeep, together, type Part } from '@gatehouse/service-kit/concurrency/background'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import type { Db, Tx } from '@gatehouse/service-kit/postgres/connect'
import { describeFailure } from '@gatehouse/service-kit/postgres/errors'
import { createPartitionUpkeep } from '@gatehouse/service-kit/postgres/partitions'
import { inScope, type Scope } from '@gatehouse/service-kit/postgres/transaction'
import { readChanges } from './changes.ts'
import type { NatsLink } from '../nats/connection.ts'
import { createRelay, type Relay } from './relay.ts'
import { createSequencer, type Head, type Sequencer } from './sequencer.ts'
import { snapshotLines, type SnapshotViews } from './snapshot.ts'
import { readSnapshot, type ChangesQuery, type SpineClient } from '../follow/spine-client.ts'

export type WriteOptions = {
  /** The role whose transaction it is; `runtime` when absent. */
  db?: 'runtime' | 'system'
  /**
   * `await` also waits, at most 250 ms, until JetStream has acknowledged: for revocations, before their 204. `later`
   * returns right after the commit and records no revision: for answers that must not show whether there was anything
   * to announce.
   */
  announce?: 'await' | 'later'
}

/** As a part: relay, sequencing and partition upkeep; the other functions work without. */
export type Spine = Part & {
  readonly service: ServiceName
  /** Runs `run` in one transaction under `scope` and announces what it appended. Retried on serialization failures. */
  write<T>(scope: Scope, run: (tx: Tx) => Promise<T>, options?: WriteOptions): Promise<T>
  /** Everything committed has a position; the head. */
  sequence(): Promise<Head>
  changes(query: ChangesQuery): Promise<ChangesPage>
}

const announceWaitMs = 250
const sweepMs = 1000

type SpineOptions = { service: ServiceName; runtime: Db; system: Db; nats: NatsLink; log: Logger; clock: Clock }

export function createSpine(o: SpineOptions): Spine {
  const log = o.log.child({ part: 'spine' })
  const relay = createRelay({ service: o.service, system: o.system, nats: o.nats, log })
  const sequencer = createSequencer({ system: o.system, onHead: ({ head }) => relay.sawHead(head) })
  const announce = createAnnouncer({ ...o, log }, sequencer, relay)
  const upkeep = together([
    createPartitionUpkeep({ db: o.system, log }),
    createUpkeep({ name: 'sequencing', run: sequencer.sweep, everyMs: sweepMs, log }),
  ])
  return {
    service: o.service,
    write: async (scope, run, options = {}) => {
      currentContext()?.beforeWrite?.()
      const result = await inScope(options.db === 'system' ? o.system : o.runtime, scope, run)
      if (options.announce === 'later') void announce(undefined)
      else await announce(options.announce)
      return result
    },
    sequence: sequencer.sequence,
    changes: (query) => readChanges({ service: o.service, system: o.system, sequencer }, query),
    start: () => {
      relay.start()
      upkeep.start()
    },
    stop: async () => {
      await upkeep.stop()
      await relay.stop()
    },
  }
}

/**
 * What happens right after a commit. Never throws: the write stands, and the upkeep announces what was not announced
 * here.
 */
function createAnnouncer(o: SpineOptions, sequencer: Sequencer, relay: Relay) {
  return async (mode: WriteOptions['announce']): Promise<void> => {
    try {
      const { head } = await sequencer.sequence()
      recordRevision(o.service, head)
      if (mode !== 'await' || o.nats.status() === 'disconnected') return
      // Another replica may have sequenced it, and be about to publish it: twice is harmless, late is not.
      relay.wake()
      await relay.waitUntilPublished(head, announceWaitMs)
    } catch (error) {
      o.log.warn({ reason: describeFailure(error) }, 'a committed write is not announced yet; the sweep will do it')
    }
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
