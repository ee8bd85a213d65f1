/** POST /access/v1/evaluation */
import { Evaluate } from '@gatehouse/contracts/http/authz/evaluation'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { evaluate, evaluateAtOnce } from '../use-cases/decisions/evaluate.ts'

export const registerEvaluate = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, Evaluate, ({ caller, body }) => evaluate(deps, caller, body), {
    atOnce: (asked) => evaluateAtOnce(deps, asked),
  })
