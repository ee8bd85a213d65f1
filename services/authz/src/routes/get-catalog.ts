/** GET /v1/authz/catalog */
import { GetCatalog } from '@gatehouse/contracts/http/authz/catalog'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { getCatalog } from '../use-cases/catalog/get-catalog.ts'

export const registerGetCatalog = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, GetCatalog, () => getCatalog(deps))
