/** POST /v1/authz/simulations */
import { Simulate } from '@gatehouse/contracts/http/authz/simulation'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { simulate } from '../use-cases/simulation/simulate.ts'

export const registerSimulate = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, Simulate, ({ caller, body }) => simulate(deps, caller, body))
