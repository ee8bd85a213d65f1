/** What operators of the platform do with people's accounts. */
import {
  EndUserSessions,
  EraseUser,
  GetUser,
  ListUsers,
  ResetUserFactors,
  ResendUserMail,
  RestoreUser,
  SuspendUser,
} from '@gatehouse/contracts/http/identity/operators'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { eraseUser } from '../use-cases/operators/erase-user.ts'
import { getUser, listUsers } from '../use-cases/operators/list-users.ts'
import { resendMail } from '../use-cases/operators/resend-mail.ts'
import { resetFactors } from '../use-cases/operators/reset-factors.ts'
import { endUserSessions, restoreUser, suspendUser } from '../use-cases/operators/suspend-user.ts'

export function operatorRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, ListUsers, ({ caller, query }) => listUsers(deps, caller, query))
  bindRoute(app, GetUser, ({ caller, params }) => getUser(deps, caller, params.user))
  bindRoute(app, SuspendUser, ({ caller, params, body }) =>
    suspendUser(deps, caller, { userId: params.user, reason: body.reason }),
  )
  bindRoute(app, RestoreUser, ({ caller, params, body }) =>
    restoreUser(deps, caller, { userId: params.user, reason: body.reason }),
  )
  bindRoute(app, EndUserSessions, ({ caller, params, body }) =>
    endUserSessions(deps, caller, { userId: params.user, reason: body.reason }),
  )
  bindRoute(app, EraseUser, ({ caller, params, body }) =>
    eraseUser(deps, caller, { userId: params.user, reason: body.reason }),
  )
  bindRoute(app, ResetUserFactors, ({ caller, params, body }) =>
    resetFactors(deps, caller, { userId: params.user, reason: body.reason }),
  )
  bindRoute(app, ResendUserMail, ({ caller, params, body }) =>
    resendMail(deps, caller, { userId: params.user, ...body }),
  )
}
