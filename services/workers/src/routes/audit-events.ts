/** The audit trail: of an organization, of a person, of the platform; as lists, as files, as evidence. */
import {
  ExportAuditEvents,
  ListAuditEvents,
  ListMyActivity,
  ListPlatformAuditEvents,
} from '@gatehouse/contracts/http/workers/audit-events'
import {
  ListAuditKeys,
  ReadAuditEvidence,
  ReadPlatformAuditEvidence,
} from '@gatehouse/contracts/http/workers/audit-evidence'
import { bindRoute } from '@gatehouse/access/serve/bind-route'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { exportAuditEvents } from '../use-cases/audit/export-audit-events.ts'
import { listAuditEvents } from '../use-cases/audit/list-audit-events.ts'
import { listAuditKeys } from '../use-cases/audit/list-audit-keys.ts'
import { listMyActivity } from '../use-cases/audit/list-my-activity.ts'
import { listPlatformAuditEvents } from '../use-cases/audit/list-platform-audit-events.ts'
import { readEvidence, readPlatformEvidence } from '../use-cases/audit/read-evidence.ts'

export function auditEventsRoutes(
  app: FastifyInstance,
  deps: Pick<Deps, 'clients' | 'db' | 'system' | 'whereabouts' | 'auditSigner' | 'clock'>,
): void {
  bindRoute(app, ListAuditEvents, ({ caller, query }) => listAuditEvents(deps, caller, query))
  bindRoute(app, ListMyActivity, ({ caller, query }) => listMyActivity(deps, caller, query))
  bindRoute(app, ListPlatformAuditEvents, ({ caller, query }) => listPlatformAuditEvents(deps, caller, query))
  bindRoute(app, ExportAuditEvents, async ({ caller, query, reply }) => {
    const { mediaType, content } = await exportAuditEvents(deps, caller, query)
    void reply.type(mediaType)
    return content
  })
  bindRoute(app, ReadAuditEvidence, ({ caller, query, reply }) => {
    void reply.type('application/x-ndjson')
    return readEvidence(deps, caller, query.after ?? 0)
  })
  bindRoute(app, ReadPlatformAuditEvidence, ({ caller, query, reply }) => {
    void reply.type('application/x-ndjson')
    return readPlatformEvidence(deps, caller, query.after ?? 0)
  })
  bindRoute(app, ListAuditKeys, () => listAuditKeys(deps))
}
