/** `PATCH /v1/me` */
import { UpdateMe } from '@gatehouse/contracts/http/identity/account'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { updateMe } from '../use-cases/update-me.ts'

export function registerUpdateMe(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, UpdateMe, ({ caller, body }) => updateMe(deps, caller, body))
}
