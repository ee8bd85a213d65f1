/** PUT /v1/authz/catalog/:application */
import { PutApplication } from '@gatehouse/contracts/http/authz/catalog'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { putApplication } from '../use-cases/catalog/put-application.ts'
import { expectedVersion, sendVersion } from './version-tag.ts'

export const registerPutApplication = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, PutApplication, async ({ caller, params, body, request, reply }) => {
    const { application, version } = await putApplication(deps, caller, {
      key: params.application,
      manifest: body,
      isExpected: expectedVersion(request),
    })
    sendVersion(reply, version)
    return application
  })
