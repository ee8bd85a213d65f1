/** The check API (OpenID AuthZEN 1.0). */
import { Evaluate, EvaluateMany, GetAuthzenConfiguration } from '@gatehouse/contracts/http/authz/evaluation'
import { SearchActions, SearchResources, SearchSubjects } from '@gatehouse/contracts/http/authz/search'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import { signalOf } from '@gatehouse/service-kit/http/deadline'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { evaluateMany, evaluateManyAtOnce } from '../use-cases/decisions/evaluate-many.ts'
import { evaluate, evaluateAtOnce } from '../use-cases/decisions/evaluate.ts'

export function evaluationRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, Evaluate, ({ caller, body }) => evaluate(deps, caller, body), {
    atOnce: (asked) => evaluateAtOnce(deps, asked),
  })
  bindRoute(
    app,
    EvaluateMany,
    ({ caller, body, request }) => evaluateMany(deps, caller, { request: body, signal: signalOf(request) }),
    {
      atOnce: (asked) => evaluateManyAtOnce(deps, asked),
    },
  )
  bindRoute(app, GetAuthzenConfiguration, () => ({
    policy_decision_point: deps.issuer,
    access_evaluation_endpoint: deps.issuer + Evaluate.path,
    access_evaluations_endpoint: deps.issuer + EvaluateMany.path,
    search_subject_endpoint: deps.issuer + SearchSubjects.path,
    search_resource_endpoint: deps.issuer + SearchResources.path,
    search_action_endpoint: deps.issuer + SearchActions.path,
  }))
}
