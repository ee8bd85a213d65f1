/** `POST /v1/me/sessions/revoke-others`. */
import { EndMyOtherSessions } from '@gatehouse/contracts/http/tokens/sessions'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { endOtherSessions } from '../use-cases/end-session.ts'

export function registerEndMyOtherSessions(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, EndMyOtherSessions, ({ caller }) => endOtherSessions(deps, caller))
}
