/** The users of the private servers: each service does what it has to, and speaks in nobody else's name. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { streamOf } from '@gatehouse/contracts/events/streams'
import { busUsers, inboxOf, natsAdministrator, natsAuthorization, natsUrlOf } from '@gatehouse/deploy/servers/bus-users'
import { redisUrlOf } from '@gatehouse/deploy/servers/redis-users'
import { startProcess } from '@gatehouse/local/processes/start-process'
import { natsSpec } from '@gatehouse/local/servers/nats'
import { freePort } from '@gatehouse/local/servers/ports'
import { redisSpec } from '@gatehouse/local/servers/redis'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { createReader } from '@gatehouse/spine/follow/reader'
import { connectNats, type NatsLink } from '@gatehouse/spine/nats/connection'
import { testDatabase } from '@gatehouse/test-kit/database'
import { quietLog } from '@gatehouse/test-kit/log'
import { createSampleProducer } from '@gatehouse/test-kit/sample-producer'
import { eventKeysOf } from '@gatehouse/test-kit/service-keys'
import { waitUntil } from '@gatehouse/test-kit/wait-until'

const passwordOf = (name: string): string => `password-of-${name.replaceAll(' ', '-')}`
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-users-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const place = async (name: string) => ({
  port: await freePort(),
  data: join(folder, name),
  logFile: join(folder, `${name}.log`),
  password: passwordOf(name),
  passwordOf,
})

const natsAt = await place('nats')
const nats = await startProcess(natsSpec({ ...natsAt, binary: process.env['NATS_SERVER_BINARY'] ?? 'nats-server' }))
t.teardown(() => nats.stop())
const natsAddress = `127.0.0.1:${natsAt.port}`
const natsUrl = (service: ServiceName) => natsUrlOf(natsAddress, service, passwordOf)
const linkOf = (t: Test, service: ServiceName): NatsLink => {
  const link = connectNats({ url: natsUrl(service), name: service, log: quietLog, keys: eventKeysOf(service) })
  t.teardown(link.close)
  return link
}

t.test('a producer publishes and a reader reads, each as its own user', async (t) => {
  const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })
  const producing = createSampleProducer(database, {
    nats: linkOf(t, 'tokens'),
    snapshots: { state: async () => {} },
  })
  producing.spine.start()
  t.teardown(producing.spine.stop)
  for (const service of ['gateway', 'authz', 'workers'] as const) {
    const seen: EventEnvelope[] = []
    const reader = createReader({
      name: `${service}--test`,
      producer: 'tokens',
      client: producing.client,
      nats: linkOf(t, service),
      log: quietLog,
      clock: systemClock,
      pollMs: 3_600_000,
      apply: (events) => void seen.push(...events),
    })
    reader.start()
    t.teardown(reader.stop)
    await waitUntil(`the bus brings events to ${service}`, async () => {
      await producing.announce([{ n: 1 }], { announce: 'await' })
      return seen.length > 0
    })
  }
})

t.test('no service publishes as another, empties its stream, or reads answers meant for it', async (t) => {
  const refused = /permission|violation|timeout|no responders/i
  for (const service of busUsers) {
    const link = linkOf(t, service)
    await new Promise<void>((resolve) => link.onConnect(resolve))
    const { connection, client, manager } = link.session() as NonNullable<ReturnType<NatsLink['session']>>
    for (const other of busUsers.filter((one) => one !== service)) {
      await t.rejects(
        client.publish(`gatehouse.${other}.user.disabled.v1`, '{}', { retries: 1 }),
        refused,
        `${service} as ${other}`,
      )
      await t.rejects(manager.streams.purge(streamOf(other)), refused)
      await t.rejects(manager.streams.delete(streamOf(other)), refused)
    }
    const overheard = new Promise<Error | null>((resolve) => {
      connection.subscribe(`${inboxOf(service === 'tokens' ? 'orgs' : 'tokens')}.>`, {
        callback: (error) => resolve(error),
      })
    })
    t.match((await overheard)?.message, refused, `${service} overhears nobody`)
  }
})

t.test('who is not on the bus has no user there, and no user has an empty list, which would allow everything', (t) => {
  const { users } = JSON.parse(natsAuthorization(passwordOf).replace(/^authorization: /, '')) as {
    users: { user: string; permissions?: { publish: { allow: string[] }; subscribe: { allow: string[] } } }[]
  }
  t.same(users.map(({ user }) => user).sort(), [natsAdministrator, ...busUsers].sort())
  t.notOk(users.some(({ user }) => user === 'pages'))
  for (const { user, permissions } of users.filter((one) => one.permissions !== undefined))
    t.ok(permissions?.publish.allow.length && permissions.subscribe.allow.length, user)
  t.end()
})

t.test('Redis gives the gateway and workers their own keys, and nobody its administration', async (t) => {
  const at = await place('redis')
  const spec = redisSpec({ ...at, durable: false, binary: process.env['REDIS_SERVER_BINARY'] ?? 'redis-server' })
  const redis = await startProcess(spec)
  t.teardown(() => redis.stop())
  const clientOf = (service: ServiceName) => {
    const client = new Redis(redisUrlOf(`127.0.0.1:${at.port}`, service, passwordOf), { retryStrategy: () => null })
    client.on('error', () => undefined)
    t.teardown(() => client.disconnect())
    return client
  }
  const [gateway, workers] = [clientOf('gateway'), clientOf('workers')]
  t.equal(await gateway.set('gateway:limit:general:x', '1'), 'OK')
  t.equal(await workers.set('{gatehouse}:mail:1', '1'), 'OK')
  t.equal(await workers.eval('return redis.call("get", KEYS[1])', 1, '{gatehouse}:mail:1'), '1')
  for (const [client, foreign] of [
    [gateway, '{gatehouse}:mail:1'],
    [workers, 'gateway:limit:general:x'],
  ] as const) {
    await t.rejects(client.get(foreign), /NOPERM/)
    await t.rejects(client.set(foreign, '2'), /NOPERM/)
    for (const command of ['flushall', 'keys', 'config', 'acl', 'shutdown'])
      await t.rejects(
        client.call(
          command,
          ...(command === 'keys' ? ['*'] : command === 'config' ? ['get', '*'] : command === 'acl' ? ['list'] : []),
        ),
        /NOPERM/,
        command,
      )
  }
  const stranger = clientOf('orgs')
  await t.rejects(stranger.ping(), 'a service without keys has no user')
})
