// Throw-away servers for tests: real ones, in a temporary folder, without the safety of fsync. They end with the
// process that asked for them, even if that is killed.
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProcess } from '../processes/start-process.ts'
import { startWarden } from '../processes/warden.ts'
import type { Note } from './find-binary.ts'
import { planServer, type ServerPlan } from './plan.ts'

/** What tests find in their environment. */
export type TestServers = { env: Record<string, string>; stop: () => Promise<void> }

/** Starts PostgreSQL, Redis and NATS side by side; a server named by URL in the environment is used as it is. */
export async function startTestServers(o: { env: NodeJS.ProcessEnv; note: Note }): Promise<TestServers> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-test-'))
  // PostgreSQL may run as another account; its own folder below is closed to everybody else.
  chmodSync(folder, 0o711)
  const warden = startWarden()
  const stops: (() => Promise<void>)[] = []
  const stop = async () => {
    await Promise.all(stops.map((end) => end()))
    warden.close()
    rmSync(folder, { recursive: true, force: true })
  }
  const start = async (name: ServerPlan['name']) => {
    const plan = await planServer[name]({
      env: o.env,
      data: folder,
      logs: folder,
      durable: false,
      password: () => randomBytes(18).toString('base64url'),
      note: o.note,
    })
    if (plan.spec === undefined) return plan
    const { stopSignal } = plan.spec
    const started = await startProcess(plan.spec, (pid) => {
      warden.watch(pid, stopSignal)
    })
    stops.push(async () => {
      await started.stop()
      warden.release(started.pid)
    })
    return plan
  }
  const results = await Promise.allSettled([start('postgres'), start('redis'), start('nats')])
  const failed = results.find((result) => result.status === 'rejected')
  if (failed !== undefined) {
    await stop()
    throw failed.reason
  }
  const [postgres, redis, nats] = results.map((result) => (result as PromiseFulfilledResult<ServerPlan>).value) as [
    ServerPlan,
    ServerPlan,
    ServerPlan,
  ]
  return { env: environmentFor({ postgres, redis, nats }), stop }
}

const environmentFor = (plans: Record<ServerPlan['name'], ServerPlan>): Record<string, string> => ({
  DATABASE_URL: plans.postgres.url,
  REDIS_URL: plans.redis.url,
  NATS_URL: plans.nats.url,
  ...binaries(plans),
})

function binaries(plans: Record<ServerPlan['name'], ServerPlan>): Record<string, string> {
  return {
    ...(plans.postgres.binary === undefined ? {} : { POSTGRES_BIN_DIR: plans.postgres.binary }),
    ...(plans.redis.binary === undefined ? {} : { REDIS_SERVER_BINARY: plans.redis.binary }),
    ...(plans.nats.binary === undefined ? {} : { NATS_SERVER_BINARY: plans.nats.binary }),
  }
}
