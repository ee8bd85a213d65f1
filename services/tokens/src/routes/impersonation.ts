/** Operators who see the platform as a person does. */
import { ImpersonateUser, longestImpersonationMinutes } from '@gatehouse/contracts/http/tokens/impersonation'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { impersonateUser } from '../use-cases/sessions/impersonate-user.ts'

export function impersonationRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, ImpersonateUser, ({ caller, params, body }) =>
    impersonateUser(deps, caller, {
      userId: params.user,
      reason: body.reason,
      minutes: body.minutes ?? longestImpersonationMinutes,
      organizationId: body.organization_id ?? null,
    }),
  )
}
