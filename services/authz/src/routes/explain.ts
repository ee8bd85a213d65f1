/** POST /v1/authz/explain */
import { Explain } from '@gatehouse/contracts/http/authz/explanation'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { explain } from '../use-cases/decisions/explain.ts'

export const registerExplain = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, Explain, ({ caller, body }) => explain(deps, caller, body))
