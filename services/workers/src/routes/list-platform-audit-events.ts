/** GET /v1/platform/audit-events */
import { ListPlatformAuditEvents } from '@gatehouse/contracts/http/workers/audit-events'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { listPlatformAuditEvents } from '../use-cases/list-platform-audit-events.ts'

export const registerListPlatformAuditEvents = (app: FastifyInstance, deps: Pick<Deps, 'authz' | 'system'>): void =>
  bindRoute(app, ListPlatformAuditEvents, ({ caller, query }) => listPlatformAuditEvents(deps, caller, query))
