/** `GET /v1/me` */
import { GetMe } from '@gatehouse/contracts/http/identity/account'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { getMe } from '../use-cases/get-me.ts'

export function registerGetMe(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, GetMe, ({ caller }) => getMe(deps, caller))
}
