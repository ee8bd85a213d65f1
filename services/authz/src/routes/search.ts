/** Who may, on what, and what (AuthZEN search). */
import { SearchActions, SearchResources, SearchSubjects } from '@gatehouse/contracts/http/authz/search'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import { signalOf } from '@gatehouse/service-kit/http/deadline'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { searchActions } from '../use-cases/decisions/search-actions.ts'
import { searchResources } from '../use-cases/decisions/search-resources.ts'
import { searchSubjects } from '../use-cases/decisions/search-subjects.ts'

export function searchRoutes(app: FastifyInstance, deps: Deps): void {
  bindRoute(app, SearchSubjects, ({ caller, body, request }) =>
    searchSubjects(deps, caller, { request: body, signal: signalOf(request) }),
  )
  bindRoute(app, SearchResources, ({ caller, body, request }) =>
    searchResources(deps, caller, { request: body, signal: signalOf(request) }),
  )
  bindRoute(app, SearchActions, ({ caller, body, request }) =>
    searchActions(deps, caller, { request: body, signal: signalOf(request) }),
  )
}
