/** GET /v1/authz/entities/:type/:entity */
import { GetEntity } from '@gatehouse/contracts/http/authz/entities'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { getEntity } from '../use-cases/directory/entities.ts'
import { sendVersion } from './version-tag.ts'

export const registerGetEntity = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, GetEntity, async ({ caller, params, reply }) => {
    const { entity, version } = await getEntity(deps, caller, { type: params.type, id: params.entity })
    sendVersion(reply, version)
    return entity
  })
