/** POST /v1/authz/explain */
import { Explain } from '@gatehouse/contracts/http/authz/explanation'
import { bindRoute } from '@gatehouse/service-kit/http/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { explain } from '../use-cases/explain.ts'

export const registerExplain = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, Explain, ({ caller, body }) => explain(deps, caller, body))
