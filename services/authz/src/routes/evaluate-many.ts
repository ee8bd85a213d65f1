/** POST /access/v1/evaluations */
import { EvaluateMany } from '@gatehouse/contracts/http/authz/evaluation'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { evaluateMany, evaluateManyAtOnce } from '../use-cases/decisions/evaluate-many.ts'

export const registerEvaluateMany = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, EvaluateMany, ({ caller, body }) => evaluateMany(deps, caller, body), {
    atOnce: (asked) => evaluateManyAtOnce(deps, asked),
  })
