/** GET /v1/authz/catalog/:application */
import { GetApplication } from '@gatehouse/contracts/http/authz/catalog'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { getApplication } from '../use-cases/catalog/get-application.ts'
import { sendVersion } from './version-tag.ts'

export const registerGetApplication = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, GetApplication, async ({ params, reply }) => {
    const { application, version } = await getApplication(deps, params.application)
    sendVersion(reply, version)
    return application
  })
