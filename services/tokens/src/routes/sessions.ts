/** Refresh, logout, sessions and the keys that verify tokens. */
import {
  EndMyOtherSessions,
  EndMySession,
  GetJwks,
  ListMySessions,
  Logout,
  RefreshToken,
} from '@gatehouse/contracts/http/tokens/sessions'
import { currentContext } from '@gatehouse/service-kit/context/request-context'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { askOf } from '../domain/choose-organization.ts'
import { endOtherSessions, endSession, logOut } from '../use-cases/sessions/end-session.ts'
import { listSessions } from '../use-cases/sessions/list-sessions.ts'
import { publishKeys } from '../use-cases/keys/publish-keys.ts'
import { createCoalescedRefresh } from '../use-cases/sessions/coalesce-refreshes.ts'

/** A key is published a day before it signs, so a minute in a cache costs nothing. */
const cacheControl = 'public, max-age=60'

const defaultLimit = 50

/**
 * The route belongs to the first-party client; other clients will name and prove themselves at the OAuth token
 * endpoint.
 */
const clientId = 'gatehouse-web'

export function sessionsRoutes(app: FastifyInstance, deps: Deps): void {
  const refresh = createCoalescedRefresh(deps)
  bindRoute(app, RefreshToken, ({ body }) => {
    const { clientAddress, userAgent } = currentContext() ?? {}
    return refresh({
      presented: body.refresh_token,
      clientId,
      ask: askOf(body.organization_id),
      clientAddress,
      userAgent,
    })
  })
  bindRoute(app, Logout, ({ caller, body }) => logOut(deps, caller, body.refresh_token))
  bindRoute(app, ListMySessions, ({ caller, query }) =>
    listSessions(deps, caller, { limit: query.limit ?? defaultLimit, cursor: query.cursor }),
  )
  bindRoute(app, EndMySession, ({ caller, params }) =>
    endSession(deps, caller, { sessionId: params.session, reason: 'revoked' }),
  )
  bindRoute(app, EndMyOtherSessions, ({ caller }) => endOtherSessions(deps, caller))
  bindRoute(app, GetJwks, ({ reply }) => {
    void reply.header('cache-control', cacheControl)
    return publishKeys(deps)
  })
}
