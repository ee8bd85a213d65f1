/** The audit trail: of an organization, of a person, of the platform. */
import {
  ListAuditEvents,
  ListMyActivity,
  ListPlatformAuditEvents,
} from '@gatehouse/contracts/http/workers/audit-events'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { listAuditEvents } from '../use-cases/list-audit-events.ts'
import { listMyActivity } from '../use-cases/list-my-activity.ts'
import { listPlatformAuditEvents } from '../use-cases/list-platform-audit-events.ts'

export function auditEventsRoutes(app: FastifyInstance, deps: Pick<Deps, 'clients' | 'db' | 'system'>): void {
  bindRoute(app, ListAuditEvents, ({ caller, query }) => listAuditEvents(deps, caller, query))
  bindRoute(app, ListMyActivity, ({ caller, query }) => listMyActivity(deps, caller, query))
  bindRoute(app, ListPlatformAuditEvents, ({ caller, query }) => listPlatformAuditEvents(deps, caller, query))
}
