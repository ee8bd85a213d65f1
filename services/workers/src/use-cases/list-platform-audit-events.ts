/** The whole audit trail, for platform administrators. The one reader that crosses tenants, so it uses the system role. */
import type { AuditEvent } from '@gatehouse/contracts/http/workers/audit-events'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { UserCaller } from '@gatehouse/service-kit/http/caller'
import type { PageOf } from '@gatehouse/service-kit/http/page'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../deps.ts'
import { listAuditRecords } from '../store/audit-events.ts'
import { auditPageOf, readAuditQuery, type AuditQuery } from './audit-page.ts'

export async function listPlatformAuditEvents(deps: Pick<Deps, 'authz' | 'system'>, caller: UserCaller, query: AuditQuery): Promise<PageOf<AuditEvent>> {
  if (!(await deps.authz.isAllowed(caller, { scope: 'platform', permission: 'gatehouse:platform.read' }))) throw problem('forbidden')
  const { limit, ...filter } = readAuditQuery(query)
  const records = await inScope(deps.system, {}, (tx) => listAuditRecords(tx, { ...filter, limit }))
  return auditPageOf(records, limit)
}
