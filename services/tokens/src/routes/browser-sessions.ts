/** Browser sessions, for pages alone. */
import {
  BindBrowserSession,
  EndBrowserSession,
  MintBrowserSessionToken,
} from '@gatehouse/contracts/http/tokens/browser-sessions'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import { currentContext } from '@gatehouse/service-kit/context/request-context'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { askOf } from '../domain/choose-organization.ts'
import { bindBrowserSession } from '../use-cases/browser-sessions/bind-browser-session.ts'
import { endBrowserSession } from '../use-cases/browser-sessions/end-browser-session.ts'
import { mintBrowserToken } from '../use-cases/browser-sessions/mint-browser-token.ts'

export function browserSessionsRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, BindBrowserSession, ({ body }) =>
    bindBrowserSession(deps, { accessToken: body.access_token, previousCookie: body.previous_cookie }),
  )
  bindRoute(app, MintBrowserSessionToken, ({ body }) =>
    mintBrowserToken(deps, {
      cookieValue: body.cookie_value,
      ask: askOf(body.organization_id),
      clientAddress: currentContext()?.clientAddress,
    }),
  )
  bindRoute(app, EndBrowserSession, ({ body }) => endBrowserSession(deps, body.cookie_value))
}
