/** Access requests. */
import {
  ApproveAccessRequest,
  AskForRoles,
  AskToJoin,
  CancelAccessRequest,
  DenyAccessRequest,
  ListAccessRequests,
  ListMyAccessRequests,
} from '@gatehouse/contracts/http/orgs/access-requests'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { askForRoles, askToJoin } from '../use-cases/access-requests/ask-for-access.ts'
import { listAccessRequests, listMyAccessRequests } from '../use-cases/access-requests/list-access-requests.ts'
import {
  approveAccessRequest,
  cancelAccessRequest,
  denyAccessRequest,
} from '../use-cases/access-requests/settle-access-request.ts'
import { pageInput } from './page-input.ts'

export function accessRequestsRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, AskToJoin, ({ caller, body }) => askToJoin(deps, caller, body))
  bindRoute(app, ListMyAccessRequests, ({ caller, query }) => listMyAccessRequests(deps, caller, pageInput(query)))
  bindRoute(app, CancelAccessRequest, ({ caller, params }) =>
    cancelAccessRequest(deps, caller, { id: params.access_request }),
  )
  bindRoute(app, AskForRoles, ({ caller, body: { duration_seconds: durationSeconds = null, ...asked } }) =>
    askForRoles(deps, caller, { ...asked, durationSeconds }),
  )
  bindRoute(app, ListAccessRequests, ({ caller, query }) =>
    listAccessRequests(deps, caller, { ...pageInput(query), status: query.status }),
  )
  bindRoute(app, ApproveAccessRequest, ({ caller, params, body }) => {
    const { duration_seconds: durationSeconds, ...answer } = body
    return approveAccessRequest(deps, caller, {
      id: params.access_request,
      ...answer,
      ...(durationSeconds === undefined ? {} : { durationSeconds }),
    })
  })
  bindRoute(app, DenyAccessRequest, ({ caller, params, body }) =>
    denyAccessRequest(deps, caller, { id: params.access_request, reason: body.reason }),
  )
}
