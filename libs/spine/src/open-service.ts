/**
 * What every service with a database stands on: its peers, its two roles in its own schema, and its spine. Opened here
 * in one way and closed in the one right order: first the background (runService), then the bus and the clients, then
 * the database.
 */
import { sql } from 'drizzle-orm'
import { check, type ReadyCheck } from '@gatehouse/service-kit/health/checks'
import { useRevisionKey } from '@gatehouse/service-kit/context/revision'
import { connectPostgres, type Db } from '@gatehouse/service-kit/postgres/connect'
import { parseKey } from '@gatehouse/service-kit/secrets/envelope'
import { openPeers, type OpenPeersOptions, type PeerName, type Peers, type PeerSettings } from './open-peers.ts'
import { createSpine, type Spine } from './produce/producer.ts'

type ServiceSettings<P extends PeerName> = PeerSettings<P> & {
  readonly DATABASE_RUNTIME_URL: string
  readonly DATABASE_SYSTEM_URL: string
  readonly DATABASE_POOL_RUNTIME: number
  readonly DATABASE_POOL_SYSTEM: number
  readonly REVISION_KEY: string
}

export type Service<P extends PeerName> = Peers<P> & {
  /** The runtime role: sees what the scope of its transaction allows. */
  db: Db
  /** The system role: look-ups by secret hash, projections, snapshots, upkeep. */
  system: Db
  spine: Spine
  /** The checks every service has, then its own. */
  ready(own?: readonly (ReadyCheck | Promise<ReadyCheck>)[]): Promise<ReadyCheck[]>
}

export function openService<const P extends PeerName>(
  o: OpenPeersOptions<P> & {
    service: PeerName
    config: ServiceSettings<P>
    /** Rejects while the schema is not the one this version needs. Absent: the spine's own tables tell. */
    probeSchema?: ((system: Db) => Promise<unknown>) | undefined
  },
): Service<P> {
  const { service, config } = o
  useRevisionKey(parseKey(config.REVISION_KEY))
  const peers = openPeers(o)
  const connect = (url: string, role: string, max: number) =>
    connectPostgres({ url, schema: service, applicationName: `${service} ${role}`, max })
  const runtime = connect(config.DATABASE_RUNTIME_URL, 'runtime', config.DATABASE_POOL_RUNTIME)
  const system = connect(config.DATABASE_SYSTEM_URL, 'system', config.DATABASE_POOL_SYSTEM)
  return {
    ...peers,
    db: runtime.db,
    system: system.db,
    spine: createSpine({ ...peers, service, runtime: runtime.db, system: system.db }),
    ready: (own = []) =>
      Promise.all([
        check('postgres', () => Promise.all([runtime.ping(), system.ping()])),
        check('schema', () => (o.probeSchema ?? probeSpine)(system.db)),
        peers.nats.check(),
        ...own,
      ]),
    close: async () => {
      await peers.close()
      await Promise.allSettled([runtime.close(), system.close()])
    },
  }
}

const probeSpine = (system: Db): Promise<unknown> => system.execute(sql`select from spine_head limit 0`)
