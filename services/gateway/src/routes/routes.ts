/** Everything the gateway answers: each public contract, and the pages it serves itself. */
import { isLive, type RouteContract } from '@gatehouse/contracts/http/contract'
import { defaultBodyLimitBytes } from '@gatehouse/service-kit/http/server'
import type { FastifyInstance, preParsingHookHandler } from 'fastify'
import { createGuard, type Guard } from '../access/guard.ts'
import type { Deps } from '../deps.ts'
import { requirePublic } from '../domain/route-table.ts'
import { limitedBy } from '../edge/rate-limits.ts'
import { createForward } from '../proxy/forward.ts'
import { registerDocs } from './docs.ts'
import { jwksPath, registerJwks } from './jwks.ts'
import { registerOpenApi } from './openapi.ts'
import { registerPages } from './pages.ts'
import { registerProtocols } from './protocols.ts'

export function registerRoutes(app: FastifyInstance, deps: Deps, routes: readonly RouteContract[]): void {
  requirePublic(routes)
  for (const route of routes) {
    if (route.path === jwksPath) continue
    const guard = createGuard(route, deps)
    app.route({
      method: route.method,
      url: route.path,
      bodyLimit: route.bodyLimitBytes ?? defaultBodyLimitBytes,
      config: { ...(route.deadlineMs && { deadlineMs: route.deadlineMs }), ...(isLive(route) && { isLive: true }) },
      // A `HEAD` would listen to nothing, for ever.
      exposeHeadRoute: route.method === 'GET' && !isLive(route),
      ...limitedBy(route.limit ?? 'general', deps),
      // After the budget of the address (onRequest), before the body.
      preParsing: admitBy(guard),
      handler: createForward(route, deps),
    })
  }
  registerProtocols(app, deps)
  registerPages(app, deps)
  registerJwks(app, deps)
  registerOpenApi(app, deps)
  registerDocs(app, deps)
}

/** Waits only when the guard has to: a promise costs more than looking up who was known already. */
const admitBy =
  (guard: Guard): preParsingHookHandler =>
  (request, reply, payload, done) => {
    const refuse = (err: unknown): void => done(err as Error)
    try {
      const admitted = guard(request, reply)
      if (admitted instanceof Promise) {
        void admitted.then((caller) => {
          request.caller = caller
          done(null, payload)
        }, refuse)
        return
      }
      request.caller = admitted
    } catch (err) {
      return refuse(err)
    }
    done(null, payload)
  }
