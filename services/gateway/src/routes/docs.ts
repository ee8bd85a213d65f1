/** A page for people: every operation on one screen, rendered once at start. It runs no script and loads nothing. */
import { publicRoutes } from '@gatehouse/contracts/http/routes'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { limitedBy } from '../edge/rate-limits.ts'
import { docsPage } from '../openapi/docs-page.ts'

export function registerDocs(app: FastifyInstance, { issuer, budgets }: Pick<Deps, 'issuer' | 'budgets'>): void {
  const page = docsPage(publicRoutes, issuer)
  app.get('/docs', { config: limitedBy('general', budgets) }, (_request, reply) =>
    reply.header('cache-control', 'public, max-age=300').type('text/html; charset=utf-8').send(page),
  )
}
