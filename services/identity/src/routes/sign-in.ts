/** Signing in, one step per request. */
import { deviceHeader, registrationHeader } from '@gatehouse/contracts/common/services'
import { AnswerChallenge, Login, type SignInResult } from '@gatehouse/contracts/http/identity/sign-in'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Deps } from '../deps.ts'
import { answerChallenge } from '../use-cases/sign-in/answer-challenge.ts'
import { signIn, type SignInOutcome } from '../use-cases/sign-in/sign-in.ts'
import { headerOf, requesterOf } from './requester.ts'

export function signInRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, Login, async ({ body, request, reply }) => {
    const { email, password, organization_id: organizationId } = body
    const deviceToken = headerOf(request, deviceHeader)
    const registrationHandle = headerOf(request, registrationHeader)
    const presented = { email, password, organizationId, deviceToken, registrationHandle }
    return answerWith(reply, await signIn(deps, presented, requesterOf(request)))
  })
  bindRoute(app, AnswerChallenge, async ({ body, reply }) => answerWith(reply, await answerChallenge(deps, body)))
}

function answerWith(reply: FastifyReply, { result, deviceToken }: SignInOutcome): SignInResult {
  if (deviceToken !== undefined) void reply.header(deviceHeader, deviceToken)
  return result
}
