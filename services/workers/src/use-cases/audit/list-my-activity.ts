/** A person's own events, in whatever organization or none. Needs no right: they are theirs. */
import type { AuditEvent, AuditQuery } from '@gatehouse/contracts/http/workers/audit-events'
import type { UserCaller } from '@gatehouse/access/callers/caller'
import type { PageOf } from '@gatehouse/service-kit/http/page'
import type { Deps } from '../../deps.ts'
import { asSeenBy } from '../../domain/audit-record.ts'
import { auditPageOf, readAuditQuery, readRecords } from './audit-page.ts'

export async function listMyActivity(
  deps: Pick<Deps, 'db' | 'system' | 'whereabouts'>,
  caller: UserCaller,
  query: AuditQuery,
): Promise<PageOf<AuditEvent>> {
  const filter = readAuditQuery(query)
  const { userId } = caller
  const found = await readRecords(deps, { userId }, filter)
  const shown = await deps.whereabouts.show(deps.system, found.records)
  return auditPageOf({ ...found, records: shown.map((record) => asSeenBy(userId, record)) }, filter)
}
