/** Everything the gateway answers: each public contract, and the pages it serves itself. */
import { PassThrough } from 'node:stream'
import { isLive, type RouteContract } from '@gatehouse/contracts/http/contract'
import { linesType } from '@gatehouse/service-kit/http/json-lines'
import { defaultBodyLimitBytes } from '@gatehouse/service-kit/http/server'
import type { FastifyInstance, preParsingHookHandler } from 'fastify'
import { createGuard, type Guard } from '../access/guard.ts'
import type { Deps } from '../deps.ts'
import { requirePublic } from '../domain/route-table.ts'
import { limitedBy } from '../edge/rate-limits.ts'
import { refreshCookieOf } from '../edge/refresh-cookie.ts'
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
    const serve = (scope: FastifyInstance): FastifyInstance =>
      scope.route({
        method: route.method,
        url: route.path,
        bodyLimit: route.bodyLimitBytes ?? defaultBodyLimitBytes,
        config: { ...(route.deadlineMs && { deadlineMs: route.deadlineMs }), ...(isLive(route) && { isLive: true }) },
        // A `HEAD` would listen to nothing, for ever.
        exposeHeadRoute: route.method === 'GET' && !isLive(route),
        ...withRefreshCookie(limitedBy(route.limit ?? 'general', deps), refreshCookieOf(route, deps)),
        // After the budget of the address (onRequest), before the body.
        preParsing: admitBy(guard),
        handler: createForward(route, deps),
      })
    if (route.lines === undefined) serve(app)
    else
      void app.register((scope, _options, done) => {
        passLinesOn(scope)
        serve(scope)
        done()
      })
  }
  registerProtocols(app, deps)
  registerPages(app, deps)
  registerJwks(app, deps)
  registerOpenApi(app, deps)
  registerDocs(app, deps)
}

/** The cookie is looked at first: the budget of a token counts the one that it holds. */
function withRefreshCookie(limits: ReturnType<typeof limitedBy>, cookie: ReturnType<typeof refreshCookieOf>): object {
  if (cookie === undefined) return limits
  return { ...limits, ...cookie, preHandler: [cookie.preHandler, limits.preHandler ?? []].flat() }
}

/**
 * Lines go on while they arrive, as fast as their service reads them, which bounds them. A pipe stands between, because
 * who sends a body on destroys it when the answer is there first, and with it the connection of the client. What the
 * client sends after that is passed over, so that the connection can be used again.
 */
function passLinesOn(scope: FastifyInstance): void {
  scope.addContentTypeParser(linesType, (_request, payload, done) => {
    const pipe = payload.pipe(new PassThrough())
    pipe.once('close', () => payload.unpipe(pipe).resume())
    done(null, pipe)
  })
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
