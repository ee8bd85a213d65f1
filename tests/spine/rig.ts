// What R5 and R6 share: the table of effects, the connections of one replica, and how results are counted.
// Effects live in the schema of workers, events come from tokens; only the spine's own migrations are applied.
import { sql } from 'drizzle-orm'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import type { Db, Tx } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { createConsumer, type Consumer } from '@gatehouse/spine/consume/consumer'
import type { NatsLink } from '@gatehouse/spine/nats/connection'
import type { Teardown, TestDatabase } from '@gatehouse/test-kit/database'
import { quietLog } from '@gatehouse/test-kit/log'
import { ThingChanged, type SampleProducer } from '@gatehouse/test-kit/sample-producer'

/** Full size by `GATEHOUSE_FULL=1`; small otherwise, so that every run of the tests has it. */
export const isFull = process.env['GATEHOUSE_FULL'] === '1'

export const consumerName = 'workers--effects'

export async function createEffectsTable(database: TestDatabase): Promise<void> {
  const owner = database.connect('workers', 'owner', 1)
  await owner.execute(sql`create table effects (at bigserial, event_id text, n int, aggregate text, version int)`)
  await owner.execute(sql`grant select, insert on effects to workers_system`)
  await owner.execute(sql`grant usage on sequence effects_at_seq to workers_system`)
}

/** The effect: nothing in the table keeps it from happening twice. */
export async function makeEffect(tx: Tx, event: EventEnvelope): Promise<void> {
  await tx.execute(
    sql`insert into effects (event_id, n, aggregate, version)
      values (${event.id}, ${event.data['n']}, ${event.subject}, ${event.version})`,
  )
}

/** Starts a producer's spine and the consumer that makes its effects; both stop when the test ends. */
export function startEffects(
  t: Teardown,
  o: { producer: Pick<SampleProducer, 'spine' | 'client'>; system: Db; nats: NatsLink },
): Consumer {
  const { spine, client } = o.producer
  const consumer = createConsumer({
    name: consumerName,
    producers: [{ name: 'tokens', client }],
    subjects: [ThingChanged.type],
    system: o.system,
    nats: o.nats,
    log: quietLog,
    clock: systemClock,
    handle: makeEffect,
  })
  spine.start()
  t.teardown(spine.stop)
  consumer.start()
  t.teardown(consumer.stop)
  return consumer
}

export type Tally = { announced: number; contiguous: boolean; missing: number; doubled: number; disordered: number }

/** Compares what the producer announced with the effects it had. */
export async function tally(o: { producing: Db; consuming: Db }): Promise<Tally> {
  const events = rowsOf<{ n: number; position: string }>(
    await o.producing.execute(sql`select (payload->>'n')::int as n, position from outbox order by position`),
  )
  const effects = rowsOf<{ n: number; times: number }>(
    await o.consuming.execute(sql`select n, count(*)::int as times from effects group by n`),
  )
  const happened = new Map(effects.map(({ n, times }) => [n, times]))
  const [disorder] = rowsOf<{ count: number }>(
    await o.consuming.execute(
      sql`select count(*)::int as count from (select version - lag(version) over (partition by aggregate
        order by at) as step from effects) steps where step < 1`,
    ),
  )
  return {
    announced: events.length,
    contiguous: events.every(({ position }, i) => Number(position) === i + 1),
    missing: events.filter(({ n }) => !happened.has(n)).length,
    doubled: effects.filter(({ times }) => times > 1).length,
    disordered: disorder?.count ?? 0,
  }
}

export async function countEffects(consuming: Db): Promise<number> {
  const [row] = rowsOf<{ count: number }>(
    await consuming.execute(sql`select count(distinct n)::int as count from effects`),
  )
  return row?.count ?? 0
}

/**
 * The bug R5 must find: a consumer that takes every delivery for the first. Its inbox claims succeed whatever the table
 * says.
 */
export function withoutInbox(system: Db): Db {
  const idsIn = ({ queryChunks }: { queryChunks: unknown[] }) =>
    JSON.parse(String(queryChunks.find((chunk) => typeof chunk === 'string' && chunk.startsWith('[')))) as object[]
  const claims = (query: unknown) => JSON.stringify(query).includes('insert into inbox')
  const blind = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(inner, property) {
        const value: unknown = Reflect.get(inner, property, inner)
        if (property === 'execute')
          return (query: never) => (claims(query) ? Promise.resolve(idsIn(query)) : (inner as Db).execute(query))
        if (property === 'transaction')
          return (run: (tx: object) => unknown, config: never) =>
            (inner as Db).transaction((tx) => run(blind(tx)) as Promise<unknown>, config)
        return typeof value === 'function' ? (value.bind(inner) as unknown) : value
      },
    })
  return blind(system)
}
