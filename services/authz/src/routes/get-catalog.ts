/** GET /v1/authz/catalog */
import { GetCatalog } from '@gatehouse/contracts/http/authz/catalog'
import { bindRoute } from '@gatehouse/service-kit/http/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { getCatalog } from '../use-cases/get-catalog.ts'

export const registerGetCatalog = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, GetCatalog, () => getCatalog(deps))
