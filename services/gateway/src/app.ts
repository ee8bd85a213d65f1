/** The HTTP face of the platform: the kit's hardened server, what browsers and floods meet first, then the routes. */
import { installJwt } from '@gatehouse/access/callers/jwt-plugin'
import type { RouteContract } from '@gatehouse/contracts/http/contract'
import { publicRoutes } from '@gatehouse/contracts/http/routes'
import { watchRequestLines } from '@gatehouse/service-kit/http/request-line'
import { createBareServer } from '@gatehouse/service-kit/http/server'
import type { FastifyInstance } from 'fastify'
import type { Deps } from './deps.ts'
import { installBrowserSafety } from './edge/browser-safety.ts'
import { docsStyleHash } from './openapi/docs-page.ts'
import { registerRoutes } from './routes/routes.ts'

export async function buildApp(deps: Deps, routes: readonly RouteContract[] = publicRoutes): Promise<FastifyInstance> {
  const app = createBareServer({ log: deps.log })
  watchRequestLines(app.server)
  app.decorateRequest('caller', null)
  installJwt(app, deps.accessTokens.kind)
  takeBodiesAsTheyAre(app)
  await installBrowserSafety(app, {
    origins: deps.origins,
    cookiePaths: routes.filter(({ refreshCookie }) => refreshCookie !== undefined).map(({ path }) => path),
    styleHash: docsStyleHash,
    isHttps: deps.issuer.startsWith('https:'),
  })
  registerRoutes(app, deps, routes)
  app.addHook('preClose', async () => deps.liveAnswers.end())
  return app
}

/**
 * Whole and within its limit, but unread: a half-sent body never costs a service a connection, and its meaning is the
 * service's to check.
 */
function takeBodiesAsTheyAre(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
}
