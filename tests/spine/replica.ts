// One replica of a producer and a consumer, in a process of its own, that kills or stops itself at the point it is told
// to. The points are wrapped around what the kit is given; the kit knows nothing of them. Writes go to
// standard output, acknowledged or refused.
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import { connectPostgres } from '@gatehouse/service-kit/postgres/connect'
import { outliveDriverFault } from '@gatehouse/service-kit/postgres/driver-faults'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { createConsumer } from '@gatehouse/spine/consume/consumer'
import { connectNats, type NatsLink } from '@gatehouse/spine/nats/connection'
import { loadEventKeys } from '@gatehouse/spine/nats/event-signature'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import { createLocalClient, createSpine } from '@gatehouse/spine/produce/producer'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { quietLog } from '@gatehouse/test-kit/log'
import { ThingChanged } from '@gatehouse/test-kit/sample-producer'
import { consumerName, makeEffect } from './rig.ts'

export type CrashPoint = 'after-commit' | 'after-sequencing' | 'after-publish' | 'after-effect' | 'before-ack'

export type ReplicaOrder = {
  tokensRuntimeUrl: string
  tokensSystemUrl: string
  workersSystemUrl: string
  natsUrl: string
  keys: { SERVICE_PRIVATE_KEY: string; SERVICE_JWKS: string }
  crashAt: CrashPoint
  /** What it does to itself there: it dies, or hangs until somebody sends SIGCONT. */
  signal?: 'SIGKILL' | 'SIGSTOP'
  /** At its point when it is reached for the n-th time. */
  nth: number
  firstNumber: number
  writes: number
}

const order = JSON.parse(process.env['REPLICA_ORDER'] ?? '') as ReplicaOrder
let reached = 0
const reach = (point: CrashPoint) => {
  if (point !== order.crashAt) return
  reached += 1
  if (reached < order.nth) return
  if (order.signal !== 'SIGSTOP') process.kill(process.pid, 'SIGKILL')
  else if (reached === order.nth) process.kill(process.pid, 'SIGSTOP')
}

const dieAfterCommit = (db: Db): Db => {
  const transaction = db.transaction.bind(db)
  db.transaction = (async (...args: Parameters<typeof transaction>) => {
    const result = await transaction(...args)
    reach('after-commit')
    return result
  }) as typeof db.transaction
  return db
}
const dieAfterSequencing = (db: Db): Db => {
  const execute = db.execute.bind(db)
  db.execute = ((query: never) =>
    execute(query).then((rows) => {
      const [row] = Array.from(rows as unknown as ArrayLike<{ sequenced?: number }>)
      if (row?.sequenced !== undefined && row.sequenced > 0) reach('after-sequencing')
      return rows
    })) as typeof db.execute
  return db
}
const dieAfterPublish = (nats: NatsLink): NatsLink => ({
  ...nats,
  publish: (messages) => nats.publish(messages).map((acknowledged) => acknowledged.then(() => reach('after-publish'))),
})

const connect = (url: string, schema: string) => connectPostgres({ url, schema, applicationName: 'replica', max: 4 }).db
const nats = dieAfterPublish(
  connectNats({ url: order.natsUrl, name: 'replica', log: quietLog, keys: loadEventKeys(order.keys) }),
)
const system = dieAfterSequencing(connect(order.tokensSystemUrl, 'tokens'))
const spine = createSpine({
  service: 'tokens',
  runtime: dieAfterCommit(connect(order.tokensRuntimeUrl, 'tokens')),
  system,
  nats,
  log: quietLog,
  clock: systemClock,
})
const consumer = createConsumer({
  name: consumerName,
  producers: [{ name: 'tokens', client: createLocalClient({ spine, system, snapshots: {} }) }],
  subjects: [ThingChanged.type],
  system: connect(order.workersSystemUrl, 'workers'),
  nats,
  log: quietLog,
  clock: systemClock,
  handle: async (tx, event) => {
    await makeEffect(tx, event)
    reach('after-effect')
  },
  onCommitted: () => reach('before-ack'),
})

// As services do: a stopped one finds its connections closed, and goes on with new ones.
process.on('uncaughtException', (err) => {
  if (!outliveDriverFault(err)) throw err
})
await new Promise<void>((resolve) => nats.onConnect(resolve))
spine.start()
consumer.start()
const write = (n: number) =>
  spine.write({}, (tx) =>
    appendEvent(tx, {
      contract: ThingChanged,
      aggregateType: 'thing',
      aggregateId: newId('thing'),
      version: 1,
      actor: 'system',
      data: { n },
    }),
  )
for (let n = order.firstNumber; n < order.firstNumber + order.writes; n += 1) {
  const outcome = await write(n).then(
    () => 'acknowledged',
    () => 'refused',
  )
  process.stdout.write(`${outcome} ${n}\n`)
}
// Its own writes may all be over before the point is reached often enough: the consumer side goes on until the parent
// ends it.
setInterval(() => {}, 1000)
