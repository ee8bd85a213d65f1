/** The entity directory. */
import {
  DeleteEntity,
  GetEntity,
  ListEntities,
  PutEntity,
  StoreEntities,
} from '@gatehouse/contracts/http/authz/entities'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import { placeOfItem } from '@gatehouse/access/serve/lines'
import { signalOf } from '@gatehouse/service-kit/http/deadline'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { deleteEntity } from '../use-cases/directory/delete-entity.ts'
import { getEntity } from '../use-cases/directory/get-entity.ts'
import { listEntities } from '../use-cases/directory/list-entities.ts'
import { putEntity } from '../use-cases/directory/put-entity.ts'
import { storeEntities } from '../use-cases/directory/store-entities.ts'
import { expectedVersion, sendVersion } from '@gatehouse/service-kit/http/version-tag'

export function entitiesRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, ListEntities, ({ caller, params, query }) =>
    listEntities(deps, caller, { ...query, type: params.type }),
  )
  bindRoute(app, GetEntity, async ({ caller, params, reply }) => {
    const { entity, version } = await getEntity(deps, caller, { type: params.type, id: params.entity })
    sendVersion(reply, version)
    return entity
  })
  bindRoute(app, PutEntity, async ({ caller, params, body, request, reply }) => {
    const { entity, version } = await putEntity(deps, caller, {
      type: params.type,
      id: params.entity,
      content: body,
      isExpected: expectedVersion(request),
    })
    sendVersion(reply, version)
    return entity
  })
  bindRoute(app, StoreEntities, ({ caller, params, body, request }) =>
    storeEntities(deps, caller, {
      type: params.type,
      entities: body.entities,
      placeOf: placeOfItem(request, 'entities'),
      signal: signalOf(request),
    }),
  )
  bindRoute(app, DeleteEntity, ({ caller, params, request }) =>
    deleteEntity(deps, caller, { type: params.type, id: params.entity, isExpected: expectedVersion(request) }),
  )
}
