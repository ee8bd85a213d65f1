/** `GET /.well-known/jwks.json` for the world and `GET /internal/jwks` for the services: one key set. */
import { GetInternalJwks, GetJwks } from '@gatehouse/contracts/http/tokens/sessions'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { publishKeys } from '../use-cases/publish-keys.ts'

/** A key is published a day before it signs, so a minute in a cache costs nothing. */
const cacheControl = 'public, max-age=60'

export function registerGetJwks(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, GetJwks, ({ reply }) => {
    void reply.header('cache-control', cacheControl)
    return publishKeys(deps)
  })
}

export function registerGetInternalJwks(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, GetInternalJwks, () => publishKeys(deps))
}
