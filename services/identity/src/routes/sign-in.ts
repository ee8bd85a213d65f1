/** Signing in, one step per request. */
import { AnswerChallenge, Login } from '@gatehouse/contracts/http/identity/sign-in'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { answerChallenge } from '../use-cases/sign-in/answer-challenge.ts'
import { signIn } from '../use-cases/sign-in/sign-in.ts'
import { sourceOfRequest } from './source.ts'

export function signInRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, Login, ({ body }) =>
    signIn(deps, {
      email: body.email,
      password: body.password,
      organizationId: body.organization_id,
      source: sourceOfRequest(),
    }),
  )
  bindRoute(app, AnswerChallenge, ({ body }) => answerChallenge(deps, body))
}
