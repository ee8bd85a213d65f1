/** Why, under which filter, and what changed. */
import { DiffAccess, Explain, Plan } from '@gatehouse/contracts/http/authz/explanation'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import { signalOf } from '@gatehouse/service-kit/http/deadline'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { diffAccess } from '../use-cases/decisions/diff-access.ts'
import { explain } from '../use-cases/decisions/explain.ts'
import { plan } from '../use-cases/decisions/plan.ts'

export function explanationRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, Explain, ({ caller, body, request }) =>
    explain(deps, caller, { request: body, signal: signalOf(request) }),
  )
  bindRoute(app, Plan, ({ caller, body, request }) => plan(deps, caller, { request: body, signal: signalOf(request) }))
  bindRoute(app, DiffAccess, ({ caller, body, request }) =>
    diffAccess(deps, caller, { request: body, signal: signalOf(request) }),
  )
}
