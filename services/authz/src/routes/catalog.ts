/** Applications and what they declare. */
import { GetApplication, GetCatalog, PutApplication } from '@gatehouse/contracts/http/authz/catalog'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import { signalOf } from '@gatehouse/service-kit/http/deadline'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { getApplication } from '../use-cases/catalog/get-application.ts'
import { getCatalog } from '../use-cases/catalog/get-catalog.ts'
import { putApplication } from '../use-cases/catalog/put-application.ts'
import { expectedVersion, sendVersion } from '@gatehouse/service-kit/http/version-tag'

export function catalogRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, GetCatalog, () => getCatalog(deps))
  bindRoute(app, GetApplication, async ({ params, reply }) => {
    const { application, version } = await getApplication(deps, params.application)
    sendVersion(reply, version)
    return application
  })
  bindRoute(app, PutApplication, async ({ caller, params, body, request, reply }) => {
    const { application, version } = await putApplication(deps, caller, {
      key: params.application,
      manifest: body,
      isExpected: expectedVersion(request),
      signal: signalOf(request),
    })
    sendVersion(reply, version)
    return application
  })
}
