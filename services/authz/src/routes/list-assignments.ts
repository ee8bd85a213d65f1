/** GET /v1/organizations/:org/assignments */
import { ListAssignments } from '@gatehouse/contracts/http/authz/assignments'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { listAssignments } from '../use-cases/assignments/assignments.ts'

export const registerListAssignments = (app: FastifyInstance, deps: Deps): void =>
  bindRoute(app, ListAssignments, ({ caller, query }) => listAssignments(deps, caller, query))
