/**
 * A server of a service behind the gateway: the kit's hardened server, and whoever calls it comes with an assertion.
 */
import type { FastifyInstance } from 'fastify'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { createBareServer } from '@gatehouse/service-kit/http/server'
import type { IdempotencyStore } from '@gatehouse/service-kit/http/idempotent-request'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import type { Verifiers } from '../callers/authenticate.ts'
import type { AnyCaller } from '../callers/caller.ts'
import { installJwt } from '../callers/jwt-plugin.ts'
import { putFastPaths, type FastPaths } from './fast-path.ts'
import { putFastReads, type FastReads } from './fast-read.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before any handler of a bound route runs; null on routes that authenticate nobody. */
    caller: AnyCaller | null
  }
}

export type ServerSettings = Verifiers & {
  service: ServiceName
  /** Needed as soon as a bound contract is `idempotent`. */
  idempotency?: IdempotencyStore
}

type Serving = ServerSettings & { readonly fastPaths: FastPaths; readonly fastReads: FastReads }

const settingsOf = new WeakMap<object, Serving>()

/** The settings of the server an instance (or a child of it) belongs to. */
export function serverSettings(app: FastifyInstance): Serving {
  const settings = settingsOf.get(app.server)
  if (settings === undefined) throw new Error('bindRoute needs an app made by createServer')
  return settings
}

/** A hardened server whose bound routes authenticate their callers. */
export function createServer(options: ServerSettings & { log: Logger; deadlineMs?: number }): FastifyInstance {
  const app = createBareServer(options)
  app.decorateRequest('caller', null)
  installJwt(app, options.assertions.kind)
  if (options.accessTokens) installJwt(app, options.accessTokens.kind)
  const fastPaths = putFastPaths(app.server, options)
  const fastReads = putFastReads(app.server, options)
  app.addHook('preClose', async () => {
    fastPaths.end()
    fastReads.end()
  })
  settingsOf.set(app.server, { ...options, fastPaths, fastReads })
  return app
}
