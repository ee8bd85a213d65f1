/** Signing in and stepping up, one step per request. */
import { deviceHeader, registrationHeader, rememberedDeviceHeader } from '@gatehouse/contracts/common/services'
import { AnswerChallenge, BeginEmailSignIn, Login, StepUp } from '@gatehouse/contracts/http/identity/sign-in'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import { currentContext } from '@gatehouse/service-kit/context/request-context'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Deps } from '../deps.ts'
import { answerChallenge } from '../use-cases/sign-in/answer-challenge.ts'
import { beginEmailSignIn } from '../use-cases/sign-in/begin-email-sign-in.ts'
import { signIn } from '../use-cases/sign-in/sign-in.ts'
import { stepUp } from '../use-cases/sign-in/step-up.ts'
import { clientOf, headerOf, requesterOf } from './requester.ts'

export function signInRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, Login, async ({ body, request, reply }) => {
    const { email, password, organization_id: organizationId } = body
    const registrationHandle = headerOf(request, registrationHeader)
    const presented = { email, password, organizationId, registrationHandle, ...clientOf(request) }
    return answerWith(reply, await signIn(deps, presented, requesterOf(request)))
  })
  bindRoute(app, BeginEmailSignIn, ({ body, request }) => {
    const { email, organization_id: organizationId } = body
    const wanted = { email, organizationId, browser: clientOf(request).browser }
    return beginEmailSignIn(deps, wanted, requesterOf(request))
  })
  bindRoute(app, AnswerChallenge, async ({ body, request, reply }) => {
    const { remember_device: remembers = false, organization_id: organizationId, ...answer } = body
    const userAgent = currentContext()?.userAgent
    const given = { ...answer, ...clientOf(request), organizationId, remembers, userAgent }
    return answerWith(reply, await answerChallenge(deps, given, requesterOf(request)))
  })
  bindRoute(app, StepUp, ({ caller, body, request }) =>
    stepUp(deps, caller, { acrValues: body.acr_values, browser: clientOf(request).browser }),
  )
}

type Given<R> = { result: R; deviceToken?: string; rememberedDevice?: string }

function answerWith<R>(reply: FastifyReply, { result, deviceToken, rememberedDevice }: Given<R>): R {
  if (deviceToken !== undefined) void reply.header(deviceHeader, deviceToken)
  if (rememberedDevice !== undefined) void reply.header(rememberedDeviceHeader, rememberedDevice)
  return result
}
