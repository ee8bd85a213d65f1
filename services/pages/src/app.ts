/** The HTTP face of pages: what the gateway passes on, and nothing else. */
import { createServer } from '@gatehouse/access/serve/server'
import { pageDeadlineMs } from '@gatehouse/contracts/http/page'
import type { FastifyInstance } from 'fastify'
import type { Deps } from './deps.ts'
import { registerRoutes } from './routes/routes.ts'

export function buildApp(deps: Deps): FastifyInstance {
  const { log, assertions } = deps
  // No person's token arrives here: the cookie of a browser is what `tokens` is asked with.
  const app = createServer({ service: 'pages', log, assertions, accessTokens: null, deadlineMs: pageDeadlineMs })
  registerRoutes(app, deps)
  return app
}
