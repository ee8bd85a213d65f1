/** POST /access/v1/search/action */
import { SearchActions } from '@gatehouse/contracts/http/authz/search'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { searchActions } from '../use-cases/decisions/search-actions.ts'

export const registerSearchActions = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, SearchActions, ({ caller, body }) => searchActions(deps, caller, body))
