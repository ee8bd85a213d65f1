/** The audit trail of the organization in the caller's token, for those who may read it. */
import type { AuditEvent, AuditQuery } from '@gatehouse/contracts/http/workers/audit-events'
import { requireAllowed } from '@gatehouse/access/call/require-allowed'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { PageOf } from '@gatehouse/service-kit/http/page'
import type { Deps } from '../../deps.ts'
import { auditPageOf, readAuditQuery, readRecords } from './audit-page.ts'

const permission = 'gatehouse:audit.read'

export async function listAuditEvents(
  deps: Pick<Deps, 'clients' | 'db' | 'system' | 'whereabouts'>,
  caller: OrgCaller,
  query: AuditQuery,
): Promise<PageOf<AuditEvent>> {
  requireAllowed(await deps.clients.authz.decide(caller, { scope: 'organization', permission }), caller, permission)
  const filter = readAuditQuery(query)
  // The organization alone: with the person in scope too, their rows of other organizations would match.
  const found = await readRecords(deps, { orgId: caller.orgId }, filter)
  return auditPageOf({ ...found, records: await deps.whereabouts.show(deps.system, found.records) }, filter)
}
