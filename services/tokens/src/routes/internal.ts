/** Sessions for identity, logout tokens for workers, keys for all services, exchange for the gateway. */
import { ExchangeApiKey } from '@gatehouse/contracts/http/tokens/service-accounts'
import { GetInternalJwks, MintLogoutToken, RaiseSession, StartSession } from '@gatehouse/contracts/http/tokens/sessions'
import { currentContext } from '@gatehouse/service-kit/context/request-context'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { askOf } from '../domain/choose-organization.ts'
import { exchangeApiKey } from '../use-cases/service-accounts/exchange-api-key.ts'
import { mintLogoutToken } from '../use-cases/oauth/mint-logout-token.ts'
import { publishKeys } from '../use-cases/keys/publish-keys.ts'
import { raiseSession } from '../use-cases/sessions/raise-session.ts'
import { startSession } from '../use-cases/sessions/start-session.ts'

export function neighbourRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, StartSession, ({ body }) => {
    const { clientAddress, userAgent } = currentContext() ?? {}
    return startSession(deps, {
      userId: body.user_id,
      userVersion: body.user_version,
      clientId: body.client_id,
      amr: body.amr,
      ask: askOf(body.organization_id),
      from: { clientAddress, userAgent },
    })
  })
  bindRoute(app, RaiseSession, ({ params, body }) =>
    raiseSession(deps, {
      sessionId: params.session,
      userId: body.user_id,
      amr: body.amr,
      ask: askOf(body.organization_id),
    }),
  )
  bindRoute(app, MintLogoutToken, ({ params }) => mintLogoutToken(deps, params.session))
  bindRoute(app, ExchangeApiKey, ({ body }) =>
    exchangeApiKey(deps, { presented: body.key, organizationId: body.organization_id }),
  )
  bindRoute(app, GetInternalJwks, () => publishKeys(deps))
}
