/** POST /v1/authz/plan */
import { Plan } from '@gatehouse/contracts/http/authz/explanation'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { plan } from '../use-cases/decisions/plan.ts'

export const registerPlan = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, Plan, ({ caller, body }) => plan(deps, caller, body))
