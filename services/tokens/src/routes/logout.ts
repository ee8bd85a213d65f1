/** `POST /v1/auth/logout`. */
import { Logout } from '@gatehouse/contracts/http/tokens/sessions'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { logOut } from '../use-cases/end-session.ts'

export function registerLogout(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, Logout, ({ caller }) => logOut(deps, caller))
}
