/**
 * The pages for people: nobody is verified here, because `pages` asks for whom its session cookie stands. What is
 * refused here is a page as well.
 */
import { pageBodyLimitBytes, pageDeadlineMs } from '@gatehouse/contracts/http/page'
import { pageRoutes } from '@gatehouse/contracts/http/pages'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { oauthErrorHandler } from '@gatehouse/service-kit/errors/oauth-error-handler'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { limitedBy } from '../edge/rate-limits.ts'
import { createPageForward } from '../proxy/forward-page.ts'

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

export function registerPages(app: FastifyInstance, deps: Deps): void {
  for (const page of pageRoutes) {
    const { path: url, limit = 'general' } = page
    const shared = {
      url,
      bodyLimit: pageBodyLimitBytes,
      config: { deadlineMs: pageDeadlineMs },
      exposeHeadRoute: false,
      errorHandler: oauthErrorHandler({ log: deps.log, errors: 'page' }),
    }
    const handler = createPageForward(page, deps)
    for (const method of page.methods)
      app.route({ ...shared, method, ...limitedBy(method === 'POST' ? limit : 'general', deps), handler })
    const allowed: readonly string[] = page.methods
    app.route({
      ...shared,
      method: methods.filter((method) => !allowed.includes(method)),
      ...limitedBy('general', deps),
      handler: (_request, reply) => {
        void reply.header('allow', allowed.join(', '))
        throw problem('method_not_allowed')
      },
    })
  }
}
