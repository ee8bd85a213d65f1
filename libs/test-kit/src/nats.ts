/**
 * NATS for one test file: the shared server under a namespace of its own, so that files running side by side never
 * meet. Needs `NATS_URL`.
 */
import { randomBytes } from 'node:crypto'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { connectNats, type NatsLink } from '@gatehouse/spine/nats/connection'
import type { Teardown } from './database.ts'
import { quietLog } from './log.ts'
import { eventKeysOf } from './service-keys.ts'

/** A URL whose namespace nobody else uses; give it to a process that must not meet the others. */
export function testNatsUrl(): string {
  const url = process.env['NATS_URL']
  if (url === undefined || url === '') throw new Error('NATS_URL is not set: run the tests with `npm test`')
  return `${url.replace(/\/$/, '')}/t${randomBytes(5).toString('hex')}`
}

/** A link that is connected when this resolves, and signs as one service; its streams are deleted with the test. */
export async function testNats(t: Teardown, url = testNatsUrl(), as?: ServiceName): Promise<NatsLink> {
  const link = connectNats({ url, name: 'test', log: quietLog, keys: eventKeysOf(as) })
  await new Promise<void>((resolve) => link.onConnect(resolve))
  t.teardown(async () => {
    const prefix = link.scoped.stream('')
    const manager = link.session()?.manager
    if (manager !== undefined && prefix !== '') {
      for await (const name of manager.streams.names())
        if (name.startsWith(prefix)) await manager.streams.delete(name).catch(() => {})
    }
    await link.close()
  })
  return link
}

/** A link to nowhere: what services see while NATS is away. Everything must work with it, slower. */
export const noNats = (): NatsLink => ({
  status: () => 'disconnected',
  check: () => ({ name: 'nats', ok: false, degraded: true, reason: 'not connected' }),
  session: () => undefined,
  onConnect: () => () => {},
  publish: (messages) => messages.map(() => Promise.reject(new Error('NATS is not connected'))),
  verifier: { isSignedBy: () => false },
  scoped: { stream: (name) => name, subject: (subject) => subject },
  close: async () => {},
})
