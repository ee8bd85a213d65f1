/** The HTTP face of identity: what the gateway passes on, what neighbours ask, and the spine they follow. */
import { bindSpineRoutes } from '@gatehouse/spine/produce/routes'
import { createServer } from '@gatehouse/access/serve/server'
import type { FastifyInstance } from 'fastify'
import type { Deps } from './deps.ts'
import { internalRoutes, publicRoutes } from './routes/routes.ts'
import { snapshots } from './use-cases/take-snapshot.ts'

/** @param o.deadlineMs - until an unfinished answer is given up, where the contract says nothing */
export function buildApp(deps: Deps, o: { deadlineMs?: number } = {}): FastifyInstance {
  const { assertions, accessTokens, log, spine, system } = deps
  const app = createServer({ service: 'identity', log, assertions, accessTokens, ...o })
  for (const register of [...publicRoutes, ...internalRoutes]) register(app, deps)
  bindSpineRoutes(app, {
    spine,
    system,
    callers: ['gateway', 'tokens', 'orgs', 'authz', 'workers'],
    snapshots,
  })
  return app
}
