// R6: a replica dies (kill -9 from within) after commit, after sequencing, after publish, after the effect, before the
// acknowledgement. Whatever was acknowledged is announced, positions stay contiguous, and every event has one database
// effect. Full size (200 deaths): GATEHOUSE_FULL=1
import t from 'tap'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { resolve } from 'node:path'
import { sql } from 'drizzle-orm'
import { compiledFile } from '@gatehouse/local/compile/compile-tree'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { testDatabase } from '@gatehouse/test-kit/database'
import { keySettingsOf } from '@gatehouse/test-kit/service-keys'
import { testNats, testNatsUrl } from '@gatehouse/test-kit/nats'
import { createSampleProducer } from '@gatehouse/test-kit/sample-producer'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import type { CrashPoint, ReplicaOrder } from './replica.ts'
import { consumerName, countEffects, createEffectsTable, isFull, startEffects, tally } from './rig.ts'

const root = resolve(import.meta.dirname, '../..')
const deaths = isFull ? 200 : 15
const writes = 6
const points: CrashPoint[] = ['after-commit', 'after-sequencing', 'after-publish', 'after-effect', 'before-ack']
t.setTimeout(isFull ? 1_200_000 : 180_000)

/** Runs one replica until it has killed itself; the numbers it was told are written. */
async function runToDeath(order: ReplicaOrder): Promise<{ died: boolean; acknowledged: number[] }> {
  const child = spawn(process.execPath, [compiledFile(root, 'tests/spine/replica.ts')], {
    env: { ...process.env, REPLICA_ORDER: JSON.stringify(order) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const acknowledged: number[] = []
  // One that never comes to its point (a rival replica took its work) is ended as hard, only not at the point.
  let cameToPoint = true
  const patience = setTimeout(() => {
    cameToPoint = false
    child.kill('SIGKILL')
  }, 15_000)
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    const [outcome, n] = line.split(' ')
    if (outcome === 'acknowledged') acknowledged.push(Number(n))
  })
  await new Promise((resolve) => child.once('close', resolve))
  clearTimeout(patience)
  return { died: cameToPoint && child.signalCode === 'SIGKILL', acknowledged }
}

t.test(
  `${deaths} deaths at five points: nothing acknowledged is lost, every event has one effect, positions are contiguous`,
  async (t) => {
    const database = await testDatabase(t, { services: ['tokens', 'workers'], spineOnly: true })
    await createEffectsTable(database)
    const natsUrl = testNatsUrl()
    const nats = await testNats(t, natsUrl)
    const orderOf = (i: number): ReplicaOrder => ({
      tokensRuntimeUrl: database.url('tokens', 'runtime'),
      tokensSystemUrl: database.url('tokens', 'system'),
      workersSystemUrl: database.url('workers', 'system'),
      natsUrl,
      keys: keySettingsOf('tokens'),
      crashAt: points[i % points.length] ?? 'after-commit',
      nth: 1 + (i % 4),
      firstNumber: i * writes,
      writes,
    })
    const acknowledged: number[] = []
    let died = 0
    let next = 0
    // Two at a time, so that each death happens beside a living rival.
    const runLane = async () => {
      while (next < deaths) {
        const outcome = await runToDeath(orderOf(next++))
        acknowledged.push(...outcome.acknowledged)
        died += outcome.died ? 1 : 0
      }
    }
    await Promise.all([runLane(), runLane()])

    // A healthy replica comes and finishes what the dead have left.
    const { spine, client, system: producing } = createSampleProducer(database, { nats })
    const consuming = database.connect('workers', 'system', 10)
    let repeated = 0
    startEffects(t, { producer: { spine, client }, system: consuming, nats })
    const { head } = await spine.sequence()
    await waitUntil('every event has had its effect', async () => (await countEffects(consuming)) >= head, 60_000)
    await waitUntil(
      'every message is acknowledged',
      async () => {
        const info = await nats.session()?.manager.consumers.info(nats.scoped.stream('GATEHOUSE_TOKENS'), consumerName)
        repeated = info === undefined ? 0 : info.delivered.consumer_seq - info.delivered.stream_seq
        return info !== undefined && info.num_pending === 0 && info.num_ack_pending === 0
      },
      60_000,
    )

    const result = await tally({ producing, consuming })
    const kept = new Set(
      rowsOf<{ n: number }>(await producing.execute(sql`select (payload->>'n')::int as n from outbox`)).map(
        (row) => row.n,
      ),
    )
    t.comment(JSON.stringify({ ...result, deaths: died, acknowledged: acknowledged.length, redelivered: repeated }))
    t.ok(died >= deaths * 0.8, `${died} of ${deaths} died at their point`)
    t.ok(repeated > 0, 'messages were delivered more than once')
    t.same(
      acknowledged.filter((n) => !kept.has(n)),
      [],
      'nothing acknowledged is lost',
    )
    t.ok(result.contiguous, 'positions are contiguous')
    t.same([result.missing, result.doubled], [0, 0], 'every event has exactly one effect')
  },
)
