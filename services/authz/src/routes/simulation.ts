/** Drafts replayed over recorded decisions, and shadows. */
import {
  EndPolicyShadow,
  GetPolicyShadow,
  Simulate,
  SimulateApplication,
  StartPolicyShadow,
} from '@gatehouse/contracts/http/authz/simulation'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { endPolicyShadow, getPolicyShadow, startPolicyShadow } from '../use-cases/simulation/policy-shadow.ts'
import { simulateApplication } from '../use-cases/simulation/simulate-application.ts'
import { simulate } from '../use-cases/simulation/simulate.ts'

export function simulationRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, StartPolicyShadow, ({ caller, params }) => startPolicyShadow(deps, caller, params.policy))
  bindRoute(app, GetPolicyShadow, ({ caller, params }) => getPolicyShadow(deps, caller, params.policy))
  bindRoute(app, EndPolicyShadow, ({ caller, params }) => endPolicyShadow(deps, caller, params.policy))
  bindRoute(app, Simulate, ({ caller, body }) => simulate(deps, caller, body))
  bindRoute(app, SimulateApplication, ({ caller, params, body }) =>
    simulateApplication(deps, caller, { key: params.application, request: body }),
  )
}
