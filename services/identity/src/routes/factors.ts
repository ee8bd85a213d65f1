/** Second factors of the signed-in person. */
import {
  ConfirmTotp,
  EnrollTotp,
  GetMyFactors,
  RemoveTotp,
  ReplaceRecoveryCodes,
} from '@gatehouse/contracts/http/identity/factors'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { confirmTotp, enrollTotp } from '../use-cases/factors/enroll-totp.ts'
import { getMyFactors } from '../use-cases/factors/get-my-factors.ts'
import { removeTotp } from '../use-cases/factors/remove-totp.ts'
import { replaceMyRecoveryCodes } from '../use-cases/factors/replace-recovery-codes.ts'
import { requesterOf } from './requester.ts'

export function factorsRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, GetMyFactors, ({ caller }) => getMyFactors(deps, caller))
  bindRoute(app, EnrollTotp, ({ caller }) => enrollTotp(deps, caller))
  bindRoute(app, ConfirmTotp, ({ caller, body, request }) =>
    confirmTotp(deps, caller, { code: body.code, requester: requesterOf(request) }),
  )
  bindRoute(app, RemoveTotp, ({ caller }) => removeTotp(deps, caller))
  bindRoute(app, ReplaceRecoveryCodes, async ({ caller }) => ({
    recovery_codes: await replaceMyRecoveryCodes(deps, caller),
  }))
}
