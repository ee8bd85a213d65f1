/** `POST /v1/auth/register` */
import { Register } from '@gatehouse/contracts/http/identity/account'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { register } from '../use-cases/register.ts'
import { sourceOfRequest } from './source.ts'

export function registerRegister(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, Register, async ({ body }) => {
    await register(deps, { ...body, source: sourceOfRequest() })
    return { status: 'accepted' as const }
  })
}
