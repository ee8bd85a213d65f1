/** POST /v1/authz/catalog/{application}/simulations */
import { SimulateApplication } from '@gatehouse/contracts/http/authz/simulation'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { simulateApplication } from '../use-cases/simulation/simulate-application.ts'

export const registerSimulateApplication = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, SimulateApplication, ({ caller, params, body }) =>
    simulateApplication(deps, caller, { key: params.application, request: body }),
  )
