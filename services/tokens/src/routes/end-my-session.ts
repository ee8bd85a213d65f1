/** `DELETE /v1/me/sessions/:session`. */
import { EndMySession } from '@gatehouse/contracts/http/tokens/sessions'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { endSession } from '../use-cases/end-session.ts'

export function registerEndMySession(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, EndMySession, ({ caller, params }) =>
    endSession(deps, caller, { sessionId: params.session, reason: 'revoked' }),
  )
}
