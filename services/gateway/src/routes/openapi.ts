/** The API described by itself: OpenAPI 3.1, made from the contracts once at start. */
import { publicRoutes } from '@gatehouse/contracts/http/routes'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { limitedBy } from '../edge/rate-limits.ts'
import { openApiDocument } from '../openapi/document.ts'

export function registerOpenApi(app: FastifyInstance, deps: Pick<Deps, 'issuer' | 'budgets' | 'addressOf'>): void {
  const document = JSON.stringify(openApiDocument(publicRoutes, { serverUrl: deps.issuer }))
  app.get('/openapi.json', limitedBy('general', deps), (_request, reply) =>
    reply.header('cache-control', 'public, max-age=300').type('application/json').send(document),
  )
}
