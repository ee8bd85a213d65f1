/** A page for people: every operation on one screen, rendered once at start. It runs no script and loads nothing. */
import { publicRoutes } from '@gatehouse/contracts/http/routes'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { limitedBy } from '../edge/rate-limits.ts'
import { docsPage } from '../openapi/docs-page.ts'

export function registerDocs(app: FastifyInstance, deps: Pick<Deps, 'issuer' | 'budgets' | 'addressOf'>): void {
  const page = docsPage(publicRoutes, deps.issuer)
  app.get('/docs', limitedBy('general', deps), (_request, reply) =>
    reply.header('cache-control', 'public, max-age=300').type('text/html; charset=utf-8').send(page),
  )
}
