/**
 * The loss of NATS and of Redis is seen while requests go on: in /readyz, in the log, in a metric. Real servers, killed
 * and hung.
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { watchDependency } from '@gatehouse/service-kit/health/dependency'
import { createManagementServer } from '@gatehouse/service-kit/health/management-server'
import { createLogger } from '@gatehouse/service-kit/logging/logger'
import { connectRedis } from '@gatehouse/service-kit/redis/connect'
import { startNatsServer } from '@gatehouse/test-kit/nats-server'
import { ownRedisServer } from '@gatehouse/test-kit/redis-server'
import { eventKeysOf } from '@gatehouse/test-kit/service-keys'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { connectNats } from '../src/nats/connection.ts'

const lines: { level: string; dependency?: string; message: string }[] = []
const log = createLogger({
  name: 'orgs',
  level: 'info',
  destination: { write: (line) => void lines.push(JSON.parse(line) as (typeof lines)[number]) },
})

const [natsServer, redisServer] = [await startNatsServer(t), await ownRedisServer(t)]
await redisServer.start()
const nats = connectNats({ url: natsServer.url, name: 'orgs', log, keys: eventKeysOf('orgs') })
const redis = connectRedis({ url: redisServer.url, name: 'orgs', log })
const redisWatch = watchDependency({ name: 'redis', probe: redis.ping, log })
t.teardown(() => {
  redisWatch.stop()
  return Promise.all([nats.close(), redis.close()])
})

const management = createManagementServer({
  isDraining: () => false,
  isStarted: () => true,
  ready: async () => [{ name: 'postgres', ok: true }, nats.check(), redisWatch.check()],
}).listen(0, '127.0.0.1')
await once(management, 'listening')
t.teardown(() => management.close())
const ask = async (path: string) => {
  const answer = await fetch(`http://127.0.0.1:${(management.address() as AddressInfo).port}${path}`)
  return { status: answer.status, text: await answer.text() }
}
type Readyz = { status: string; checks: { name: string; ok: boolean; degraded?: boolean; reason?: string }[] }
const readyz = async () => {
  const { status, text } = await ask('/readyz')
  return { code: status, ...(JSON.parse(text) as Readyz) }
}
const metric = async (dependency: string) =>
  new RegExp(`^gatehouse_dependency_up\\{dependency="${dependency}"[^}]*\\} (\\d)`, 'm').exec(
    (await ask('/metrics')).text,
  )?.[1]
const told = (dependency: string) =>
  lines.filter((line) => line.dependency === dependency).map(({ level, message }) => `${level} ${message}`)

const servers = { nats: natsServer, redis: redisServer }
const losses = {
  killed: {
    lose: (name: 'nats' | 'redis') => servers[name].kill(),
    back: (name: 'nats' | 'redis') => servers[name].start(),
  },
  hung: {
    lose: async (name: 'nats' | 'redis') => servers[name].hang(),
    back: async (name: 'nats' | 'redis') => servers[name].resume(),
  },
}

await waitUntil('both answer', async () => (await readyz()).status === 'ready')

for (const name of ['nats', 'redis'] as const)
  for (const [how, { lose, back }] of Object.entries(losses))
    t.test(`${name} ${how}: degraded and not unready, one line when lost, one when back, a metric`, async (t) => {
      lines.length = 0
      t.equal(await metric(name), '1')
      await lose(name)
      await waitUntil('it is said', async () => (await readyz()).status === 'degraded', 10_000)
      const { code, checks } = await readyz()
      t.equal(code, 200, 'requests go on')
      t.match(
        checks.find((one) => one.name === name),
        { ok: false, degraded: true, reason: /\S/ },
      )
      t.same(checks.filter(({ ok }) => ok).length, 2, 'the others are well')
      t.equal(await metric(name), '0')
      await back(name)
      await waitUntil('it is back', async () => (await readyz()).status === 'ready', 20_000)
      t.equal(await metric(name), '1')
      t.same(told(name), [`warn ${name} is lost; requests go on without it`, `info ${name} is back`])
      t.same(lines.length, 2, 'and nothing else is written, however often it was tried')
    })
