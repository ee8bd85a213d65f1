/** `POST /v1/auth/refresh`. The secret is the credential; no access token is needed, and one that came along decides nothing. */
import { RefreshToken } from '@gatehouse/contracts/http/tokens/sessions'
import { currentContext } from '@gatehouse/service-kit/context/request-context'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { askOf } from '../domain/choose-organization.ts'
import { createSharedRefresh } from '../use-cases/share-refreshes.ts'

/** The route belongs to the first-party client; other clients will name and prove themselves at the OAuth token endpoint. */
const clientId = 'gatehouse-web'

export function registerRefreshToken(app: FastifyInstance, deps: Deps): void {
  const refresh = createSharedRefresh(deps)
  bindRoute(app, RefreshToken, ({ body }) =>
    refresh({
      presented: body.refresh_token,
      clientId,
      ask: askOf(body.organization_id),
      clientAddress: currentContext()?.clientAddress,
    }),
  )
}
