// R13: a replica is stopped (SIGSTOP) in the middle of an effect, and goes on when others have taken its work over.
// What it held has one database effect, and the rest waits for nobody. Full size (60 s): GATEHOUSE_FULL=1
import t from 'tap'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { compiledFile } from '@gatehouse/local/compile/compile-tree'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { testDatabase } from '@gatehouse/test-kit/database'
import { keySettingsOf } from '@gatehouse/test-kit/service-keys'
import { testNats, testNatsUrl } from '@gatehouse/test-kit/nats'
import { createSampleProducer } from '@gatehouse/test-kit/sample-producer'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import type { CrashPoint, ReplicaOrder } from './replica.ts'
import { countEffects, createEffectsTable, isFull, startEffects, tally } from './rig.ts'

const pauseMs = isFull ? 60_000 : 2_000
const writes = 20
t.setTimeout(isFull ? 600_000 : 180_000)

const isStopped = (pid: number): boolean => /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))

function startReplica(order: ReplicaOrder) {
  const child = spawn(
    process.execPath,
    [compiledFile(resolve(import.meta.dirname, '../..'), 'tests/spine/replica.ts')],
    {
      env: { ...process.env, REPLICA_ORDER: JSON.stringify(order) },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const exited = once(child, 'close')
  const acknowledged: number[] = []
  let refused = 0
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [outcome, n] = line.split(' ')
    if (outcome === 'acknowledged') acknowledged.push(Number(n))
    else refused += 1
  })
  return {
    pid: child.pid ?? 0,
    acknowledged,
    /** A write that was under way may be refused: its connection was closed meanwhile. */
    isOver: () => acknowledged.length + refused === order.writes,
    goOn: () => child.kill('SIGCONT'),
    end: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}

for (const point of ['after-effect', 'before-ack'] satisfies CrashPoint[])
  t.test(
    `stopped ${point} for ${pauseMs} ms: one effect of each event, and those of others meanwhile`,
    { skip: process.platform === 'linux' ? false : 'whether a process is stopped is read from /proc' },
    async (t) => {
      const database = await testDatabase(t, { services: ['tokens', 'workers'], spineOnly: true })
      await createEffectsTable(database)
      const natsUrl = testNatsUrl()
      const paused = startReplica({
        tokensRuntimeUrl: database.url('tokens', 'runtime'),
        tokensSystemUrl: database.url('tokens', 'system'),
        workersSystemUrl: database.url('workers', 'system'),
        natsUrl,
        keys: keySettingsOf('tokens'),
        crashAt: point,
        signal: 'SIGSTOP',
        nth: 3,
        firstNumber: 0,
        writes,
      })
      t.teardown(paused.end)
      await waitUntil('it has stopped itself', () => isStopped(paused.pid), 60_000)
      const consuming = database.connect('workers', 'system', 10)
      const before = await countEffects(consuming)

      const nats = await testNats(t, natsUrl)
      const { spine, client, announce, system: producing } = createSampleProducer(database, { nats })
      startEffects(t, { producer: { spine, client }, system: consuming, nats })
      await announce(Array.from({ length: 50 }, (_, n) => ({ n: 1000 + n })))
      await waitUntil(
        'the others have their effect',
        async () => (await countEffects(consuming)) >= before + 50,
        60_000,
      )
      t.ok(isStopped(paused.pid), 'while it stands still')
      await pause(pauseMs)
      paused.goOn()

      await waitUntil('it has written its last', paused.isOver, 60_000)
      const { head } = await spine.sequence()
      await waitUntil('every event has had its effect', async () => (await countEffects(consuming)) >= head, 120_000)
      const result = await tally({ producing, consuming })
      const kept = rowsOf<{ n: number }>(await producing.execute(sql`select (payload->>'n')::int as n from outbox`))
      t.comment(JSON.stringify({ ...result, acknowledged: paused.acknowledged.length, before }))
      t.same(
        paused.acknowledged.filter((n) => !kept.some((row) => row.n === n)),
        [],
        'nothing acknowledged is lost',
      )
      t.same([result.missing, result.doubled], [0, 0], 'every event has exactly one effect')
      t.ok(result.contiguous, 'positions are contiguous')
    },
  )
