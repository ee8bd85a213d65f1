/**
 * The whole audit trail, for platform administrators. The one reader that crosses tenants, so it uses the system role.
 */
import type { AuditEvent, AuditQuery } from '@gatehouse/contracts/http/workers/audit-events'
import { requireAllowed } from '@gatehouse/access/call/require-allowed'
import type { UserCaller } from '@gatehouse/access/callers/caller'
import type { PageOf } from '@gatehouse/service-kit/http/page'
import type { Deps } from '../../deps.ts'
import { auditPageOf, readAuditQuery, readRecords } from './audit-page.ts'

const permission = 'gatehouse:platform.read'

export async function listPlatformAuditEvents(
  deps: Pick<Deps, 'clients' | 'system' | 'whereabouts'>,
  caller: UserCaller,
  query: AuditQuery,
): Promise<PageOf<AuditEvent>> {
  requireAllowed(await deps.clients.authz.decide(caller, { scope: 'platform', permission }), caller, permission)
  const filter = readAuditQuery(query)
  const found = await readRecords({ db: deps.system, system: deps.system }, {}, filter)
  return auditPageOf({ ...found, records: await deps.whereabouts.show(deps.system, found.records) }, filter)
}
