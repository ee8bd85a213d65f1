/** GET /v1/organizations/:org/audit-events */
import { ListAuditEvents } from '@gatehouse/contracts/http/workers/audit-events'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { listAuditEvents } from '../use-cases/list-audit-events.ts'

export const registerListAuditEvents = (app: FastifyInstance, deps: Pick<Deps, 'authz' | 'runtime'>): void =>
  bindRoute(app, ListAuditEvents, ({ caller, query }) => listAuditEvents(deps, caller, query))
