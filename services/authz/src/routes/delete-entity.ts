/** DELETE /v1/authz/entities/:type/:entity */
import { DeleteEntity } from '@gatehouse/contracts/http/authz/entities'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { deleteEntity } from '../use-cases/directory/entities.ts'
import { expectedVersion } from './version-tag.ts'

export const registerDeleteEntity = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, DeleteEntity, ({ caller, params, request }) =>
    deleteEntity(deps, caller, { type: params.type, id: params.entity, isExpected: expectedVersion(request) }),
  )
