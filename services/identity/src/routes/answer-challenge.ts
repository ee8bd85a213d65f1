/** `POST /v1/auth/challenge` */
import { AnswerChallenge } from '@gatehouse/contracts/http/identity/sign-in'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { answerChallenge } from '../use-cases/answer-challenge.ts'

export function registerAnswerChallenge(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, AnswerChallenge, ({ body }) => answerChallenge(deps, body))
}
