/**
 * The protocols' routes: nobody is verified here, because clients and bearers prove themselves to the service in the
 * protocol's own way.
 */
import { protocolBodyLimitBytes } from '@gatehouse/contracts/http/protocol'
import { protocolRoutes } from '@gatehouse/contracts/http/protocols'
import { oauthError } from '@gatehouse/service-kit/errors/oauth-error'
import { oauthErrorHandler } from '@gatehouse/service-kit/errors/oauth-error-handler'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { limitedBy } from '../edge/rate-limits.ts'
import { createProtocolForward } from '../proxy/forward-protocol.ts'

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

export function registerProtocols(app: FastifyInstance, deps: Deps): void {
  for (const protocol of protocolRoutes) {
    const { path: url, limit = 'general' } = protocol
    const shared = {
      url,
      bodyLimit: protocolBodyLimitBytes,
      exposeHeadRoute: false,
      errorHandler: oauthErrorHandler({ log: deps.log, errors: protocol.errors }),
      ...limitedBy(limit, deps),
    }
    app.route({ ...shared, method: [...protocol.methods], handler: createProtocolForward(protocol, deps) })
    const allowed: readonly string[] = protocol.methods
    app.route({
      ...shared,
      method: methods.filter((method) => !allowed.includes(method)),
      handler: (_request, reply) => {
        void reply.header('allow', allowed.join(', '))
        throw oauthError('invalid_request', { status: 405, description: `Use ${allowed.join(' or ')} here.` })
      },
    })
  }
}
