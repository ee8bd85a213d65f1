/** PUT /v1/authz/entities/:type/:entity */
import { PutEntity } from '@gatehouse/contracts/http/authz/entities'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { putEntity } from '../use-cases/directory/entities.ts'
import { expectedVersion, sendVersion } from './version-tag.ts'

export const registerPutEntity = (app: FastifyInstance, deps: Deps): void =>
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
