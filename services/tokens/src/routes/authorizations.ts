/** Authorization requests as the signed-in person sees and decides them. */
import {
  DescribeAuthorization,
  SettleAuthorization,
  ShowAuthorization,
} from '@gatehouse/contracts/http/tokens/authorizations'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { describeAuthorization, settleAuthorization } from '../use-cases/oauth/settle-authorization.ts'
import { showAuthorization } from '../use-cases/oauth/show-authorization.ts'

export function authorizationsRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, DescribeAuthorization, ({ caller, params }) =>
    describeAuthorization(deps, caller, params.authorization),
  )
  bindRoute(app, SettleAuthorization, ({ caller, params, body }) =>
    settleAuthorization(deps, caller, {
      id: params.authorization,
      decision: body.decision,
      organizationId: body.organization_id,
    }),
  )
}

export function authorizationsForPagesRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, ShowAuthorization, ({ caller, params }) =>
    showAuthorization(deps, { id: params.authorization, by: caller.user }),
  )
}
