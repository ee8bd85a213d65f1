/** GET /v1/authz/entities/:type */
import { ListEntities } from '@gatehouse/contracts/http/authz/entities'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { listEntities } from '../use-cases/directory/entities.ts'

export const registerListEntities = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, ListEntities, ({ caller, params, query }) =>
    listEntities(deps, caller, { ...query, type: params.type }),
  )
