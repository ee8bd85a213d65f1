/** The HTTP face of orgs: what the gateway passes on, what neighbours ask, and the spine they follow. */
import { bindSpineRoutes } from '@gatehouse/spine/produce/routes'
import { createIdempotencyStore } from '@gatehouse/service-kit/http/idempotency'
import { createServer } from '@gatehouse/access/serve/server'
import type { FastifyInstance } from 'fastify'
import type { Deps } from './deps.ts'
import { internalRoutes, publicRoutes } from './routes/routes.ts'
import { captureEffects } from './use-cases/domains/join-captured.ts'
import { erasureEffects } from './use-cases/erase-person.ts'
import { snapshots } from './use-cases/take-snapshot.ts'

/** @param o.deadlineMs - until an unfinished answer is given up, where the contract says nothing */
export function buildApp(deps: Deps, o: { deadlineMs?: number } = {}): FastifyInstance {
  const { log, assertions, accessTokens, db, system, spine } = deps
  const app = createServer({
    service: 'orgs',
    log,
    assertions,
    accessTokens,
    idempotency: createIdempotencyStore({ db }),
    ...o,
  })
  for (const register of [...publicRoutes, ...internalRoutes]) register(app, deps)
  bindSpineRoutes(app, {
    spine,
    system,
    callers: ['gateway', 'identity', 'tokens', 'authz', 'workers'],
    snapshots,
    consumers: [erasureEffects, captureEffects],
  })
  return app
}
