import t from 'tap'
import { testDatabase } from '@gatehouse/test-kit/database'
import { testNats } from '@gatehouse/test-kit/nats'
import { quietLog } from '@gatehouse/test-kit/log'
import { createSampleProducer } from '@gatehouse/test-kit/sample-producer'
import { createReader } from '@gatehouse/service-kit/events/reader'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { sql } from 'drizzle-orm'
const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })
const nats = await testNats(t)
const { spine, client, announce, system } = createSampleProducer(database, { nats, maxConnections: 8 })
spine.start(); t.teardown(spine.stop)
const at = new Map<number, number>()
const reader = createReader({ name: 'm', producer: 'tokens', client, nats, log: quietLog, clock: systemClock, apply: (es) => { for (const e of es) at.set(e.data['n'] as number, performance.now()) } })
reader.start(); t.teardown(reader.stop)
await waitUntil('ready', () => reader.ready())
await announce([{ n: -1 }], { announce: 'await' })
await new Promise(r => setTimeout(r, 500))
const lag: number[] = [], writes: number[] = [], plain: number[] = []
for (let n = 0; n < 300; n++) { const s = performance.now(); await announce([{ n }], { announce: 'await' }); const e = performance.now(); writes.push(e - s); await waitUntil('x', () => at.has(n)); lag.push(at.get(n)! - e) }
for (let n = 1000; n < 1300; n++) { const s = performance.now(); await announce([{ n }]); plain.push(performance.now() - s) }
const q = (a: number[], p: number) => a.sort((x, y) => x - y)[Math.floor(a.length * p)]!.toFixed(2)
console.error('write+await p50/p99', q(writes, .5), q(writes, .99), 'plain', q(plain, .5), q(plain, .99), 'applied after return p50/p99/max', q(lag, .5), q(lag, .99), q(lag, .9999))
// throughput
await spine.stop()
const N = 20000
await system.execute(sql.raw(`insert into outbox (id, aggregate_type, aggregate_id, version, subject, payload, headers) select uuidv7(), 'thing', uuidv7(), 1, 'gatehouse.tokens.thing.changed.v1', '{"n":1}', '{"subject":"thing_01kayd3v2xe5p8k2m9z1q4r6s7","actor":"system","correlation_id":"req_x"}' from generate_series(1, ${N})`))
let s = performance.now(); const { head } = await spine.sequence(); console.error('sequenced', N, (N / (performance.now() - s) * 1000).toFixed(0), '/s')
const relay = createSampleProducer(database, { nats, maxConnections: 4 })
s = performance.now(); relay.spine.start(); t.teardown(relay.spine.stop)
await waitUntil('pub', async () => Number((await system.execute(sql`select published_position p from relay_cursor`))[0]!['p']) >= head, 60000)
console.error('relayed', (N / (performance.now() - s) * 1000).toFixed(0), '/s')
s = performance.now(); const payload = 'x'.repeat(700)
for (let i = 0; i < N; i += 500) await Promise.all(Array.from({ length: 500 }, (_, j) => nats.publish({ subject: 'gatehouse.tokens.bare', id: `b${i + j}`, payload })))
console.error('bare publish+ack', (N / (performance.now() - s) * 1000).toFixed(0), '/s')
t.pass()
