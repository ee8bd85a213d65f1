/** Drafts replayed over recorded decisions, and shadows. */
import {
  EndPolicyShadow,
  GetPolicyShadow,
  Simulate,
  SimulateApplication,
  StartPolicyShadow,
} from '@gatehouse/contracts/http/authz/simulation'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import { signalOf } from '@gatehouse/service-kit/http/deadline'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { endPolicyShadow, getPolicyShadow, startPolicyShadow } from '../use-cases/policies/policy-shadow.ts'
import { simulateApplication } from '../use-cases/simulation/simulate-application.ts'
import { simulate } from '../use-cases/simulation/simulate.ts'

export function simulationRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, StartPolicyShadow, ({ caller, params }) => startPolicyShadow(deps, caller, params.policy))
  bindRoute(app, GetPolicyShadow, ({ caller, params, request }) =>
    getPolicyShadow(deps, caller, { policyId: params.policy, signal: signalOf(request) }),
  )
  bindRoute(app, EndPolicyShadow, ({ caller, params }) => endPolicyShadow(deps, caller, params.policy))
  bindRoute(app, Simulate, ({ caller, body, request }) =>
    simulate(deps, caller, { request: body, signal: signalOf(request) }),
  )
  bindRoute(app, SimulateApplication, ({ caller, params, body, request }) =>
    simulateApplication(deps, caller, { key: params.application, request: body, signal: signalOf(request) }),
  )
}
