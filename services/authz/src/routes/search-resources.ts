/** POST /access/v1/search/resource */
import { SearchResources } from '@gatehouse/contracts/http/authz/search'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { searchResources } from '../use-cases/decisions/search-resources.ts'

export const registerSearchResources = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, SearchResources, ({ caller, body }) => searchResources(deps, caller, body))
