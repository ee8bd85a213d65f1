/**
 * identity, orgs and tokens as authz meets them: the spine of each, real from the outbox to the routes, on the same
 * database server. Of what they know there is nothing but the events.
 */
import type { AddressInfo } from 'node:net'
import type { EventContract } from '@gatehouse/contracts/events/envelope'
import { GetInternalJwks } from '@gatehouse/contracts/http/tokens/sessions'
import { loadServiceKeys } from '@gatehouse/access/tokens/service-keys'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { connectNats } from '@gatehouse/spine/nats/connection'
import { loadEventKeys } from '@gatehouse/spine/nats/event-signature'
import { appendEvent, type NewEvent } from '@gatehouse/spine/produce/outbox'
import { createSpine } from '@gatehouse/spine/produce/producer'
import { bindSpineRoutes } from '@gatehouse/spine/produce/routes'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import { createServer } from '@gatehouse/access/serve/server'
import type { TestDatabase } from '@gatehouse/test-kit/database'
import { quietLog as log } from '@gatehouse/test-kit/log'
import type { Cleanup } from './cleanup.ts'
import type { Credentials } from './credentials.ts'

export const producing = ['identity', 'orgs', 'tokens'] as const
type Producing = (typeof producing)[number]

export type Producer = {
  readonly url: string
  /** Resolves when the event is committed and has its position: the moment its author hears of success. */
  announce<C extends EventContract>(event: Omit<NewEvent<C>, 'actor'>): Promise<void>
}

type Setting = { readonly database: TestDatabase; readonly natsUrl: string; readonly credentials: Credentials }

export async function startProducers(cleanup: Cleanup, o: Setting): Promise<Record<Producing, Producer>> {
  const [identity, orgs, tokens] = await Promise.all([
    startProducer(cleanup, 'identity', o),
    startProducer(cleanup, 'orgs', o),
    startProducer(cleanup, 'tokens', o),
  ])
  return { identity, orgs, tokens }
}

async function startProducer(
  cleanup: Cleanup,
  service: Producing,
  { database, natsUrl, credentials }: Setting,
): Promise<Producer> {
  const system = database.connect(service, 'system')
  const nats = connectNats({
    url: natsUrl,
    name: service,
    log,
    keys: loadEventKeys(credentials.settingsOf(service)),
  })
  const spine = createSpine({
    service,
    runtime: database.connect(service, 'runtime'),
    system,
    nats,
    log,
    clock: systemClock,
  })
  const { verifier } = loadServiceKeys(service, credentials.settingsOf(service))
  const app = createServer({ service, log, assertions: verifier, accessTokens: null })
  const nothing = async (): Promise<void> => {}
  bindSpineRoutes(app, {
    spine,
    system,
    callers: ['authz'],
    snapshots: { state: nothing, 'service-accounts': nothing },
  })
  if (service === 'tokens') bindRoute(app, GetInternalJwks, async () => credentials.jwks as never)
  await app.listen({ host: '127.0.0.1', port: 0 })
  spine.start()
  cleanup.teardown(async () => {
    await app.close()
    await spine.stop()
    await nats.close()
  })
  return {
    url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    announce: (event) =>
      spine.write({}, (tx) => appendEvent(tx, { ...event, actor: 'system' }), { db: 'system', announce: 'await' }),
  }
}
